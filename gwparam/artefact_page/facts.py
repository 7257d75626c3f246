"""What an artefact says of itself, in words, for the console and the page."""

from collections.abc import Iterator

from gwparam.contract import Arrays, Contract, Values, Vertical

INPUT_HEADINGS = (
    "name",
    "units",
    "levels",
    "dtype",
    "training mean",
    "standard deviation",
)
OUTPUT_HEADINGS = (
    "name",
    "units",
    "levels",
    "dtype",
    "kind",
    "limit",
    "largest in probe",
)


def lines(contract: Contract) -> Iterator[tuple[str, str]]:
    """Say what is no field: a heading, and a text."""
    source = contract.source
    yield "name", contract.name
    yield "architecture", f"{source.architecture}, {_geometry(contract)}"
    yield "backend", contract.backend
    if contract.exported_program is not None:
        yield "exported", f"{contract.exported_program.file}, by torch.export"
    yield "levels", _levels(contract.vertical)
    yield "computes in", contract.compute_dtype or contract.outputs[0].dtype
    if (contract.members or 1) > 1:
        yield "members", f"{contract.members}: their mean runs, one, or one a run"
    yield "checkpoint", f"{source.checkpoint}, SHA-256 {source.sha256}"
    for weights in source.further or ():
        yield "checkpoint", f"{weights.checkpoint}, SHA-256 {weights.sha256}"
    yield (
        "written",
        f"{contract.created} by gwparam {contract.gwparam_version}, "
        f"torch {contract.torch_version}",
    )
    yield "cite", contract.citation
    probe = (
        f"{contract.probe.columns} columns, reproduced within "
        f"{contract.probe.tolerance:.0e} of the largest output"
    )
    if contract.probe.reduced_tolerance is not None:
        reduced = f"{contract.probe.reduced_tolerance:g}"
        probe += f"; within {reduced} with products in TF32 or bfloat16"
    yield "probe", probe
    yield from _origin(contract)
    for flux in contract.flux:
        sign = "" if flux.sign == 1 else "minus "
        what = {"omega": "u'omega'", "height": "rho u'w'"}[flux.quantity]
        what = what if "eastward" in flux.name else what.replace("u'", "v'", 1)
        yield "flux", f"{flux.name} is {sign}{what}"


def _origin(contract: Contract) -> Iterator[tuple[str, str]]:
    """Say how it was trained and what was fixed at the export, as far as it is told."""
    if contract.mask is not None:
        mask = contract.mask
        yield "mask", f"{mask.ratio:g} of the tokens, drawn with seed {mask.seed}"
    if contract.lead_time is not None:
        yield "lead time", f"{contract.lead_time:g}"
    for dates in contract.training_dates or ():
        calendar = f", calendar {dates.calendar}" if dates.calendar else ""
        yield "trained on", f"{dates.first} to {dates.last}{calendar}"
    if contract.calibration is not None:
        its = contract.calibration
        before = "" if its.misfit_before is None else f" from {its.misfit_before:.3g}"
        yield (
            "calibrated",
            f"{', '.join(its.layers)} of {its.artefact}, SHA-256 {its.sha256}, against "
            f"{its.against}: {its.members} members, {its.iterations} iterations, "
            f"misfit{before} to {its.misfit_after:.3g}",
        )
    for known in contract.expected_error or ():
        errors = known.root_mean_square
        yield (
            "expected",
            f"rms error of {known.name}, {span(errors)} at the levels, on data "
            "kept from training",
        )


def _geometry(contract: Contract) -> str:
    kind = contract.geometry.kind
    if kind == "stencil":
        width = 2 * (contract.geometry.radius or 0) + 1
        return f"stencil of {width} x {width} columns"
    nlat, nlon = contract.image_shape
    return f"global on {nlat} x {nlon} cells" if kind == "global" else kind


def _levels(vertical: Vertical) -> str:
    order = "top first" if vertical.order == "top_down" else "surface first"
    if vertical.kind == "host":
        levels = f"{vertical.nlev} of the host's own, {order}"
        if vertical.nominal_pressure is not None:
            first, last = vertical.nominal_pressure[0], vertical.nominal_pressure[-1]
            levels += (
                f"; nominal pressure {first:.4g} to {last:.6g} Pa, "
                f"within {vertical.nominal_tolerance:.0%}"
            )
        return levels
    levels = f"{vertical.nlev} of its own, {order}"
    if vertical.pressure is not None:
        levels += f"; {vertical.pressure[0]:.4g} to {vertical.pressure[-1]:.6g} Pa"
    else:
        levels += "; hybrid, a + b times surface pressure"
    beyond = {"zero": "no drag", "taper": "flux tapers to zero"}[vertical.outside or ""]
    return f"{levels}; {beyond} beyond them"


def input_rows(contract: Contract) -> Iterator[tuple[str, ...]]:
    """Say what the network needs, as `INPUT_HEADINGS`."""
    ranges = {known.name: known for known in contract.training_range}
    for field in contract.inputs:
        known = ranges.get(field.name)
        spans = ("unknown", "unknown")
        if known is not None:
            spans = (span(known.mean), span(known.standard_deviation))
        yield (field.name, field.units, field.levels, field.dtype, *spans)


def output_rows(contract: Contract, probe: Arrays) -> Iterator[tuple[str, ...]]:
    """Say what it gives, as `OUTPUT_HEADINGS`; `probe` has its outputs."""
    limits = {limit.name: f"{limit.maximum_magnitude:g}" for limit in contract.limits}
    derived = {flux.name: flux for flux in contract.flux}
    for field in contract.outputs:
        limit = limits.get(field.name, "none")
        if field.name in derived:
            limit = f"{limits[derived[field.name].tendency]} m s-2 of tendency"
        largest = f"{abs(probe[field.name]).max():.2g}"
        what = (field.name, field.units, field.levels, field.dtype, field.kind)
        yield (*what, limit, largest)


def span(values: Values) -> str:
    """Write the range of some values."""
    if values is None:
        return "unknown"
    low, high = min(values), max(values)
    return f"{low:.4g}" if len(values) == 1 else f"{low:.3g} to {high:.3g}"
