"""Pages that hold nothing until their script has run, as many sites build them."""

import json

from rig.site import Site

_SHELL = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Loading</title></head>
<body><noscript>Please enable JavaScript to read this site.</noscript><div id="app"></div>
<script>{script}</script></body></html>
"""
_FILL = """fetch({data}).then(answer => answer.text()).then(html => {{
  const page = new DOMParser().parseFromString(html, "text/html");
  document.title = page.title;
  document.head.append(...page.head.querySelectorAll("meta"));
  document.getElementById("app").append(...page.body.childNodes);
  {then}
}})"""


def shell(script: str) -> str:
    """A page without a text of its own, which runs a script."""
    return _SHELL.format(script=script)


def put_scripted(site: Site, path: str, page: str, *, then: str = "") -> None:
    """Answer *path* with a shell whose script fetches *page* from `/data` + path, and then does something more."""
    site.put(f"/data{path}", page)
    site.put(path, shell(_FILL.format(data=json.dumps(f"/data{path}"), then=then)))
