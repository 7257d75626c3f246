"""The library for hosts in Fortran, C and C++, under a prefix; docs/install.md."""

from spack.package import depends_on, license, variant, version
from spack_repo.builtin.build_systems.meson import MesonPackage


class Gwparam(MesonPackage):
    """Machine-learned gravity-wave drag inside climate models."""

    # Nothing is fetched: a checkout is built, by `spack develop`.
    manual_download = True

    license("Apache-2.0")

    version("0.1.0")

    variant("fortran", default=True, description="Fortran modules beside the C ABI")
    variant("mpi", default=True, description="hosts of several ranks")
    variant(
        "restart_file",
        default=True,
        when="+fortran",
        description="restart files of the coupling, through netCDF",
    )

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("fortran", type="build", when="+fortran")
    depends_on("meson@1.4:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("python@3.11:", type="build")
    depends_on("nlohmann-json", type="build")
    depends_on("mpi", when="+mpi")
    depends_on("netcdf-fortran", when="+restart_file")

    def meson_args(self):
        """Say what is built; never what happens to be found."""
        return ["-Dtorch=disabled"] + [
            f"-D{part}={'enabled' if self.spec.satisfies(f'+{part}') else 'disabled'}"
            for part in ("fortran", "mpi", "restart_file")
        ]
