/**
 * @file
 * The gravity-wave drag of Alexander and Dunkerton (1999) on many columns at once.
 *
 * This is what the Fortran module alexander_dunkerton, and gwparam.native of Python,
 * compute with. They have what is not here: how the set-up follows from settings, and
 * what exactly is wrong with a state that is refused. Results have the same bits on
 * every processor, for a column by itself and among others.
 */
#ifndef GWPARAM_DRAG_H
#define GWPARAM_DRAG_H

#include "gwparam.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What settings, latitudes and reference pressures come to: ad99_setup_t of Fortran.
 * Levels and rows count from 1, level 1 is the top. */
typedef struct gwparam_drag_setup {
    int32_t levels;
    int32_t rows;
    int32_t waves;
    int32_t wavelengths;
    int32_t lid_levels; /**< Of lid_profile */
    int32_t flag;
    int32_t mass_weighted_lid; /**< The switches: 0 or 1 */
    int32_t mass_weighted_levels;
    int32_t launch_full_stress;
    int32_t deposit_reflected;
    double cmax; /**< Phase speeds go from -cmax up in steps of dc [m s-1] */
    double dc;
    double bw;
    double cw;
    double cwtropics;
    double bn;
    double cn;
    double kelvin_kludge;
    double dphis; /**< Edges of the tropics [degrees_north] */
    double dphin;
    const int32_t *source_level;    /**< Per row, fewer than `levels` */
    const double *source_amplitude; /**< Per row [Pa] */
    const double *wavenumber;       /**< Per wavelength [rad m-1] */
    const double *lid_profile;      /**< Relative acceleration per level of the lid */
} gwparam_drag_setup;

/** A window of columns (i, j). Arrays are of float64, (i, j, level) with any strides,
 * latitude (i, j). */
typedef struct gwparam_drag_columns {
    int64_t shape[2];
    const int32_t *row;          /**< Of each column, i fastest, without gaps */
    gwparam_array latitude;      /**< Of the grid [rad] */
    gwparam_array pressure;      /**< Full levels [Pa] */
    gwparam_array height;        /**< Full levels [m] */
    gwparam_array temperature;   /**< [K] */
    gwparam_array half_pressure; /**< One level more [Pa]; data null: midway */
    gwparam_array wind[2];       /**< Eastward, northward [m s-1] */
} gwparam_drag_columns;

/** Results, all 0 below the source level; those whose data is null are not wanted. */
typedef struct gwparam_drag_results {
    gwparam_array tendency[2];        /**< Of both winds [m s-2] */
    gwparam_array diffusivity[2];     /**< From both winds [m2 s-1] */
    gwparam_array buoyancy_frequency; /**< [s-1] */
} gwparam_drag_results;

/**
 * Drag of a window; may be called from several threads at once.
 * @param      setup   The set-up.
 * @param      columns The state.
 * @param      results Unchanged on failure.
 * @param[out] suspect The first and the last of some columns, counted from 0 in the
 *                     order of `row`, one of which is refused; else -1.
 * @return OK; ERR_ARGUMENT (null, another type or rank; a column is not finite, out of
 *         range, out of order or without any wave); ERR_MEMORY.
 */
GWPARAM_API gwparam_status gwparam_drag_run(const gwparam_drag_setup *setup,
                                            const gwparam_drag_columns *columns,
                                            const gwparam_drag_results *results,
                                            int64_t suspect[2]);

#ifdef __cplusplus
}
#endif

#endif
