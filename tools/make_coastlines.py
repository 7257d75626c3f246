# /// script
# dependencies = ["pyshp==3.1.6", "shapely==2.2.0"]
# ///
"""Make coastlines.json of gwparam/pages: an outline that is small.

python tools/make_coastlines.py naturalearth_lowres.shp

The file is of the wheel of geopandas 0.14.4, in geopandas/datasets: the countries of
Natural Earth at 1:110,000,000, which are in the public domain. Borders fall away where
countries are joined. The needs of this script are no needs of the package.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path

import shapefile
from shapely.geometry import shape
from shapely.ops import unary_union

PLACE = Path(__file__).parents[1] / "gwparam/pages/coastlines.json"
JOIN = 1e-3  # degrees: countries whose borders do not quite meet
COARSE = 0.3  # degrees: less than a pixel of a map
SMALLEST = 1.0  # square degrees


def without_seams(points):
    """Cut an outline where it follows the edge of the map and no coast."""
    lines, kept = [], [points[0]]
    for before, point in pairwise(points):
        if all(abs(x) > 179.9 or y < -89.9 for x, y in (before, point)):
            lines.append(kept)
            kept = []
        kept.append(point)
    return [line for line in [*lines, kept] if len(line) > 1]


with shapefile.Reader(sys.argv[1]) as file:
    land = unary_union([shape(s.__geo_interface__).buffer(JOIN) for s in file.shapes()])
lines = []
for polygon in land.geoms:
    for ring in (polygon.exterior, *polygon.interiors):
        outline = ring.simplify(COARSE)
        if outline.convex_hull.area >= SMALLEST:
            lines += [
                [round(value, 1) for point in line for value in point]
                for line in without_seams(list(outline.coords))
            ]
PLACE.write_text(
    json.dumps(
        {
            "source": "Natural Earth, 1:110m countries, joined and simplified",
            "licence": "public domain (naturalearthdata.com/about/terms-of-use)",
            "lines": lines,
        },
        separators=(",", ":"),
    )
    + "\n"
)
