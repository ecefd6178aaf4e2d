"""A picture for notebooks that do not run the scripts of an interactive figure."""

from typing import Any
from uuid import uuid4


def with_still(figure: Any, still: str) -> Any:
    """Let a plotly figure show a picture where its scripts do not run.

    A notebook that is not trusted, or a viewer of notebooks, removes scripts and styles from HTML.
    The style that hides the picture goes with them, so the picture appears exactly where the
    figure does not.

    Parameters
    ----------
    figure
        Figure of plotly; changed in place. A copy or a pickle of it is a plain figure.
    still
        HTML without scripts.

    Returns
    -------
    plotly.graph_objects.Figure
        The same figure.
    """
    bundle_of, show = figure._repr_mimebundle_, figure._ipython_display_

    def bundle(*args: Any, **options: Any) -> dict[str, Any]:
        found = bundle_of(*args, **options)
        if found:
            page = found.get("text/html", "")
            found["text/html"] = _hidden(still) + page if page else still
        return found

    def display() -> None:
        found = bundle()
        if not found:  # a renderer that opens a window
            show()
            return
        from IPython import display as notebook

        show_in_notebook: Any = notebook.display
        show_in_notebook(found, raw=True)

    figure._repr_mimebundle_, figure._ipython_display_ = bundle, display
    return figure


def _hidden(still: str) -> str:
    name = f"zimg-{uuid4().hex}"
    return f'<style>#{name} {{display:none}}</style><div id="{name}">{still}</div>'
