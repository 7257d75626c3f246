"""Pages from templates: one style, nothing fetched, no scripts."""

import jinja2

# A name of a template is its path in the package.
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("gwparam", ""),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, **values: object) -> str:
    """Fill a template of the package.

    Parameters
    ----------
    name : str
        Path of the template in the package; it extends ``pages/base.html.jinja``.
    **values
        What it names. Text is escaped.

    Returns
    -------
    str
        The page.

    Raises
    ------
    jinja2.UndefinedError
        If the template names what is not given.
    """
    return _ENVIRONMENT.get_template(name).render(values)
