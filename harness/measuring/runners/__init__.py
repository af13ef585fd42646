"""The programs that run implementations: how to build, find and talk to them."""
