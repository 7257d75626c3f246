/* A file that was written whole takes its place under its name. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t gwparam_replace(const char *partial, const char *target, char *why,
                        int64_t capacity);

/* A symbolic link stays, and what it points to is written; a device or a folder is no
 * place for a file. Takes the partial file away where it fails. 0, or -1 and why. */
int32_t gwparam_replace(const char *partial, const char *target, char *why,
                        int64_t capacity) {
    struct stat found;
    char *behind = realpath(target, NULL);
    const char *place = behind != NULL ? behind : target;
    const char *reason = NULL;
    if (stat(place, &found) == 0 && !S_ISREG(found.st_mode)) {
        reason = "it is no regular file";
    } else if (rename(partial, place) != 0) {
        reason = strerror(errno);
    }
    free(behind);
    if (reason == NULL) {
        return 0;
    }
    (void)unlink(partial);
    (void)snprintf(why, (size_t)capacity, "%s", reason);
    return -1;
}
