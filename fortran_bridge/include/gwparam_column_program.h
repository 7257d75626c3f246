/**
 * @file
 * Run a column program by itself, without an artefact: docs/column-program.md. The
 * export records with it what every machine must reproduce. A host does not need it.
 */
#ifndef GWPARAM_COLUMN_PROGRAM_H
#define GWPARAM_COLUMN_PROGRAM_H

#include "gwparam.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Run a column program on columns, in this thread.
 * @param      program       Contents of column_program.json, NUL-terminated.
 * @param      weights       Contents of column_weights.bin.
 * @param      weights_bytes Their size.
 * @param      columns       At least 1.
 * @param      inputs        Of each input of the program, in its order: `columns` times
 *                           its numbers, those of a column side by side, in the
 *                           program's type.
 * @param[out] outputs       Of each output of the program, in the same way.
 * @return GWPARAM_OK, or ERR_ARGUMENT, ERR_FILE or ERR_CONTRACT (the program is none),
 *         ERR_MEMORY.
 */
GWPARAM_API gwparam_status gwparam_column_program_run(
    const char *program, const void *weights, int64_t weights_bytes, int64_t columns,
    const void *const *inputs, void *const *outputs);

#ifdef __cplusplus
}
#endif

#endif
