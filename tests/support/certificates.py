"""Certificates of a made-up authority, and Dask's configuration that uses them."""

from __future__ import annotations

import subprocess
from pathlib import Path

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


class Authority:
    """An authority and one certificate of it, made by the program openssl."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.ca, self.cert, self.key = (folder / it for it in ("ca.pem", "cert.pem", "key.pem"))
        ca_key = folder / "ca-key.pem"
        name = ("-subj", f"/CN={folder.name}")
        _openssl("req", "-x509", *_NEW_KEY, *name, "-keyout", ca_key, "-out", self.ca)
        signed = ("-CA", self.ca, "-CAkey", ca_key, "-keyout", self.key, "-out", self.cert)
        _openssl("req", "-x509", *_NEW_KEY, *name, *signed)

    def configure(self, *roles: str, ca: Path | None = None) -> dict[str, str]:
        """Return the variables that let Dask use this certificate in some roles."""
        prefix = "DASK_DISTRIBUTED__COMM__TLS__"
        variables = {f"{prefix}CA_FILE": str(ca or self.ca)}
        for role in roles:
            variables[f"{prefix}{role.upper()}__CERT"] = str(self.cert)
            variables[f"{prefix}{role.upper()}__KEY"] = str(self.key)
        return variables


def _openssl(*words: object) -> None:
    subprocess.run(("openssl", *map(str, words)), check=True, capture_output=True)
