"""Whose checks they are: of the article about Circus, of the one about the classic stack, or of what both have."""

from __future__ import annotations

import pytest

CIRCUS = pytest.mark.article("deploy-de-django-con-circus-chaussette-nginx")
CLASSIC = pytest.mark.article("la-arquitectura-clasica-nginx-gunicorn-supervisor")
BOTH = pytest.mark.article(*CIRCUS.args, *CLASSIC.args)
