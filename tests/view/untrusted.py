"""HTML as JupyterLab shows it in a notebook that is not trusted."""

from html import escape
from html.parser import HTMLParser

# Of the lists in JupyterLab's `packages/apputils/src/sanitizer.ts`, what such cards may need.
TAGS = {
    *("a", "b", "br", "caption", "code", "details", "div", "em", "figcaption", "figure", "font"),
    *("i", "img", "p", "pre", "section", "small", "span", "strong", "sub", "summary", "sup"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "li"),
}
EVERYWHERE = {"class", "dir", "hidden", "id", "lang", "style", "title"}
ATTRIBUTES = {
    "img": {"align", "alt", "border", "height", "src", "width"},
    "td": {"align", "colspan", "height", "rowspan", "valign", "width"},
    "th": {"align", "colspan", "height", "rowspan", "valign", "width"},
}


class _Sanitizer(HTMLParser):
    """Keeps text and what is allowed; other tags go, with their attributes and all styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self.inside = ""  # a script or style, which goes with its text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.inside = tag
        elif tag in TAGS:
            allowed = (EVERYWHERE | ATTRIBUTES.get(tag, set())) - {"style"}  # as if none matched
            left = "".join(f' {name}="{escape(v or "")}"' for name, v in attrs if name in allowed)
            self.kept.append(f"<{tag}{left}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""
        elif tag in TAGS:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.kept.append(escape(data, quote=False))


def sanitized(html: str) -> str:
    """What is left of `html`."""
    parser = _Sanitizer()
    parser.feed(html)
    parser.close()
    return "".join(parser.kept)
