"""How every model finds the links of a page, and where a crawl begins."""

from lxml import html

ROOT = "/0"


def find_links(page: bytes) -> list[str]:
    return [str(link) for link in html.document_fromstring(page).xpath("//a/@href")]
