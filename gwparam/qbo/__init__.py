"""A one-dimensional testbed of the quasi-biennial oscillation (QBO).

The equatorial zonal wind u between two fixed ends, driven by the drag of waves of both
signs (Holton and Lindzen, 1972; Plumb, 1977), with a spectrum as in Alexander and
Dunkerton (1999): ::

    du/dt + w du/dz - kappa d2u/dz2 = -S(u),   S = rho_0/rho dF/dz - G
"""
