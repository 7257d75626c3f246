// A backend in a library of its own, loaded when an artefact needs it.
#pragma once

#include "artefact/backend.hpp"
#include "gwparam.h"

// What libgwparam_torch exports. Null if `version` is not its own: the classes of both
// must be the same. Never unloaded.
extern "C" GWPARAM_EXPORT const gwparam::BackendFactory *
gwparam_torch_plugin(const char *version) noexcept;
