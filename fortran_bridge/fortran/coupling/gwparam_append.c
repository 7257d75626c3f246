/* A whole line at the end of a file, or none. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t gwparam_append(const char *path, const char *line, int64_t bytes);

/* A line that another run left unfinished gets its end, so that it spoils no other. */
static int ends_in_a_line(int file, off_t size) {
    char last = '\n';
    return size <= 0 || pread(file, &last, 1, size - 1) != 1 || last == '\n';
}

static int write_all(int file, const char *text, int64_t bytes) {
    while (bytes > 0) {
        const ssize_t written = write(file, text, (size_t)bytes);
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        if (written > 0) {
            text += written;
            bytes -= written;
        }
    }
    return 0;
}

/* Gives 0, or the error number of the system; what was there before is left as it was.
 */
int32_t gwparam_append(const char *path, const char *line, int64_t bytes) {
    const int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    struct stat status;
    if (file < 0) {
        return errno;
    }
    int failure = fstat(file, &status) == 0 ? 0 : errno;
    if (failure == 0 && !ends_in_a_line(file, status.st_size)) {
        failure = write_all(file, "\n", 1);
    }
    if (failure == 0) {
        failure = write_all(file, line, bytes);
    }
    if (failure != 0 && S_ISREG(status.st_mode) &&
        ftruncate(file, status.st_size) != 0) {
        /* What failed before is what is said. */
    }
    if (close(file) != 0 && failure == 0) {
        failure = errno;
    }
    return failure;
}
