/* What Fortran has for coarrays alone. */
#include <stdint.h>

int32_t gwparam_exchange(int32_t *place, int32_t value);

int32_t gwparam_exchange(int32_t *place, int32_t value) {
    return __atomic_exchange_n(place, value, __ATOMIC_ACQ_REL);
}
