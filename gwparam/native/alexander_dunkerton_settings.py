"""Settings of the gravity-wave drag of Alexander and Dunkerton (1999)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AlexanderDunkertonSettings:
    """Settings of the scheme: MiMA's namelist ``cg_drag_nml``, and switches of our own.

    The defaults are MiMA's built-in ones; `MIMA_SETTINGS` holds those of its example
    namelist. The switches, off for parity with MiMA, replace behaviour that looks like
    a defect. With all of them on, the momentum that a column gains is that of the waves
    launched into it, to rounding.

    Parameters
    ----------
    source_level_pressure : float
        Sets the source level at the equator [Pa]. The source sinks towards the poles.
    damp_level_pressure : float
        What reaches the lid is spread over the levels above this pressure [Pa].
    nk : int
        Number of horizontal wavelengths: 300 km, 3000 km, ...
    cmax, dc : float
        Largest phase speed and step of the phase speeds [m s-1].
    bt_0, bt_eq, bt_nh, bt_sh : float
        Source stress, that of the tropics, and what is added in the northern and the
        southern extratropics [Pa].
    phi0n, phi0s : float
        Where the extratropics begin [degrees_north].
    dphin, dphis : float
        Edges of the tropics, and widths of the extratropical tapers [degrees_north].
    flag : int
        1: the spectrum is centred on phase speed 0; 0: on the wind at the source.
    bw, cw, cwtropics : float
        Amplitude [m2 s-2] of the wide part of the spectrum, its half-width [m s-1], and
        that in the tropics [m s-1].
    bn, cn : float
        Amplitude [m2 s-2] and half-width [m s-1] of the narrow part, absent in the
        tropics.
    kelvin_kludge : float
        Factor on tropical waves slower than the source wind [1].
    weighttop, weightminus1, weightminus2 : float
        Relative weights of levels 1, 2 and 3 for `use_top_weights` [1].
    nearest_source_level : bool
        Round the source level to the nearest; off: it lies about half a level higher.
    use_top_weights : bool
        Spread what reaches the lid by the weights; off: equally.
    mass_weighted_lid : bool
        Give the levels at the lid the momentum that reached it; off: about twice that.
    mass_weighted_levels : bool
        Give full levels the momentum that the layers between them received; off: the
        plain mean of two layers.
    launch_full_stress : bool
        Share the source stress among the waves that leave the source level; off: the
        share of those that do not is lost.
    deposit_reflected : bool
        Deposit reflected waves, and those that meet a wind of exactly their phase
        speed, where they end; off: they are lost.
    """

    source_level_pressure: float = 31500.0
    damp_level_pressure: float = 80.0
    nk: int = 1
    cmax: float = 99.6
    dc: float = 1.2
    bt_0: float = 0.004
    bt_eq: float = 0.0
    bt_nh: float = 0.001
    bt_sh: float = -0.001
    phi0n: float = 30.0
    phi0s: float = -30.0
    dphin: float = 5.0
    dphis: float = -5.0
    flag: int = 1
    bw: float = 0.4
    cw: float = 40.0
    cwtropics: float = 40.0
    bn: float = 0.0
    cn: float = 2.0
    kelvin_kludge: float = 1.0
    weighttop: float = 1.0
    weightminus1: float = 0.0
    weightminus2: float = 0.0
    nearest_source_level: bool = False
    use_top_weights: bool = False
    mass_weighted_lid: bool = False
    mass_weighted_levels: bool = False
    launch_full_stress: bool = False
    deposit_reflected: bool = False


MIMA_SETTINGS = AlexanderDunkertonSettings(
    damp_level_pressure=85.0,
    bt_0=0.0043,
    bt_eq=0.0043,
    bt_nh=0.0,
    bt_sh=0.0,
    phi0n=15.0,
    phi0s=-15.0,
    dphin=10.0,
    dphis=-10.0,
    flag=0,
    cw=35.0,
    cwtropics=35.0,
    weighttop=0.7,
    weightminus1=0.28,
    weightminus2=0.02,
)
"""Settings of the namelist that comes with MiMA."""
