/* SPDX-License-Identifier: MIT */
/*
 * libo2dlm over Pentode's lock tree: mkdir joins a domain, open takes a lock, the first 64 bytes are the value, poll tells of a node that
 * waits. Also works on the kernel's dlmfs.
 */
#define _GNU_SOURCE
#include <o2dlm/o2dlm.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define DLMFS_TYPE 0x76a9f425
#define FUSE_TYPE 0x65735546
#define PENTODE_TYPE "fuse.pentode"
#define PENTODE_SOURCE "locks:"
#define KERNEL_CAPABILITIES "/sys/module/ocfs2_dlmfs/parameters/capabilities"
#define LOCK_MODE 0664
#define DOMAIN_MODE 0755

struct held {
    struct held *next;
    int fd;
    void (*bast)(void *arg);
    void *arg;
    char id[O2DLM_LOCK_ID_MAX_LEN];
};

struct o2dlm_ctxt {
    struct held *locks;
    char tree[PATH_MAX];
    char domain[PATH_MAX + O2DLM_DOMAIN_MAX_LEN + 2];
    char pin[O2DLM_LOCK_ID_MAX_LEN];
};

static const char *const messages[] = {
    "Memory allocation failed", "Service unavailable", "Invalid lock name", "Invalid lock level", "Internal failure", "Name too long",
    "Cannot stat the file system", "Not a directory of a lock file system", "Not a lock file system", "Cannot open the directory of domains",
    "The domain does not exist", "The domain is not a directory", "The domain is in use", "Cannot look at the domain", "Cannot leave the domain",
    "Cannot join the domain", "No random numbers", "The lock is in use", "Cannot make a path", "Cannot remove the lock", "Unknown lock",
    "The lock is held already", "Cannot take the lock", "Some locks could not be released", "Invalid arguments", "The lock is not to be had now",
    "Cannot read the value", "Cannot write the value", "Cannot seek to the value", "The domain is busy", "Not told when others wait",
    "The value is not valid", NULL,
};

const struct error_table et_o2dl_error_table = { messages, ERROR_TABLE_BASE_o2dl, 32 };

/* com_err's, when the program has it. */
extern errcode_t add_error_table(const struct error_table *table) __attribute__((weak));

void initialize_o2dl_error_table(void)
{
    if (add_error_table)
        (void)add_error_table(&et_o2dl_error_table);
}

/* 1 when the file lists the word, 0 when it does not or is not there. */
static int lists(const char *path, const char *word)
{
    char text[256];
    char *rest = text, *one;
    ssize_t length;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    length = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[length < 0 ? 0 : length] = 0;
    while ((one = strsep(&rest, " \n")))
        if (!strcmp(one, word))
            return 1;
    return 0;
}

static int is_tree(const struct mntent *entry)
{
    return !strcmp(entry->mnt_type, "ocfs2_dlmfs") || (!strcmp(entry->mnt_type, PENTODE_TYPE) && !strncmp(entry->mnt_fsname, PENTODE_SOURCE, sizeof(PENTODE_SOURCE) - 1));
}

static int tree_supports(const char *tree, const char *word)
{
    char path[PATH_MAX + 32];

    return lists(KERNEL_CAPABILITIES, word) || ((size_t)snprintf(path, sizeof(path), "%s/.capabilities", tree) < sizeof(path) && lists(path, word));
}

/* The first lock tree that supports what the word says; not the mount of a daemon that died, which cannot answer. */
static int find_tree(const char *word, char *path, size_t size)
{
    struct mntent *entry;
    int found = 0;
    FILE *mounts = setmntent("/proc/self/mounts", "r");

    if (!mounts)
        return 0;
    while (!found && (entry = getmntent(mounts)))
        found = is_tree(entry) && !access(entry->mnt_dir, F_OK) && tree_supports(entry->mnt_dir, word) && (size_t)snprintf(path, size, "%s", entry->mnt_dir) < size;
    endmntent(mounts);
    return found;
}

static errcode_t supports(const char *word, int *answer)
{
    char tree[PATH_MAX];

    if (!answer)
        return O2DLM_ET_INVALID_ARGS;
    *answer = lists(KERNEL_CAPABILITIES, word) || find_tree(word, tree, sizeof(tree));
    return 0;
}

errcode_t o2dlm_supports_bast(int *answer) { return supports("bast", answer); }

errcode_t o2dlm_supports_stackglue(int *answer) { return supports("stackglue", answer); }

static errcode_t path_of(struct o2dlm_ctxt *ctxt, const char *id, char *path, size_t size)
{
    return (size_t)snprintf(path, size, "%s/%s", ctxt->domain, id) < size ? 0 : O2DLM_ET_NAME_TOO_LONG;
}

static struct held **find(struct o2dlm_ctxt *ctxt, const char *id)
{
    struct held **at = &ctxt->locks;

    while (*at && strcmp((*at)->id, id))
        at = &(*at)->next;
    return at;
}

static errcode_t take(struct o2dlm_ctxt *ctxt, const char *id, int flags, enum o2dlm_lock_level level, struct held **taken)
{
    char path[sizeof(ctxt->domain) + O2DLM_LOCK_ID_MAX_LEN + 1];
    struct held *lock;
    errcode_t error = path_of(ctxt, id, path, sizeof(path));

    if (error)
        return error;
    lock = calloc(1, sizeof(*lock));
    if (!lock)
        return O2DLM_ET_NO_MEMORY;
    do
        lock->fd = open(path, O_CREAT | O_CLOEXEC | (level == O2DLM_LEVEL_EXMODE ? O_RDWR : O_RDONLY) | (flags & O2DLM_TRYLOCK ? O_NONBLOCK : 0), LOCK_MODE);
    while (lock->fd < 0 && errno == EINTR);
    if (lock->fd < 0) {
        error = (flags & O2DLM_TRYLOCK) && errno == ETXTBSY ? O2DLM_ET_TRYLOCK_FAILED : O2DLM_ET_LOCKING;
        free(lock);
        return error;
    }
    snprintf(lock->id, sizeof(lock->id), "%s", id);
    lock->next = ctxt->locks;
    ctxt->locks = lock;
    if (taken)
        *taken = lock;
    return 0;
}

static errcode_t check_id(const char *id)
{
    return !id[0] || id[0] == '.' || strchr(id, '/') || strlen(id) >= O2DLM_LOCK_ID_MAX_LEN ? O2DLM_ET_INVALID_LOCK_NAME : 0;
}

static errcode_t check(struct o2dlm_ctxt *ctxt, const char *id, int flags, enum o2dlm_lock_level level)
{
    errcode_t error;

    if (!ctxt || !id || (flags & ~O2DLM_VALID_FLAGS))
        return O2DLM_ET_INVALID_ARGS;
    if ((error = check_id(id)))
        return error;
    if (level != O2DLM_LEVEL_PRMODE && level != O2DLM_LEVEL_EXMODE)
        return O2DLM_ET_INVALID_LOCK_LEVEL;
    return *find(ctxt, id) ? O2DLM_ET_RECURSIVE_LOCK : 0;
}

/* A lock nobody else knows, so that the domain is not left while this context lives. */
static errcode_t pin(struct o2dlm_ctxt *ctxt)
{
    unsigned long long number;

    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        return O2DLM_ET_RANDOM;
    snprintf(ctxt->pin, sizeof(ctxt->pin), ".%016llx", number);
    return take(ctxt, ctxt->pin, 0, O2DLM_LEVEL_PRMODE, NULL);
}

errcode_t o2dlm_initialize(const char *path, const char *domain, struct o2dlm_ctxt **result)
{
    struct o2dlm_ctxt *ctxt;
    struct statfs fs;
    struct stat info;
    errcode_t error = 0;

    if (!domain || !result || !domain[0])
        return O2DLM_ET_INVALID_ARGS;
    if (strlen(domain) >= O2DLM_DOMAIN_MAX_LEN)
        return O2DLM_ET_NAME_TOO_LONG;
    ctxt = calloc(1, sizeof(*ctxt));
    if (!ctxt)
        return O2DLM_ET_NO_MEMORY;
    if (!path)
        error = find_tree("bast", ctxt->tree, sizeof(ctxt->tree)) ? 0 : O2DLM_ET_SERVICE_UNAVAILABLE;
    else if ((size_t)snprintf(ctxt->tree, sizeof(ctxt->tree), "%s", path) >= sizeof(ctxt->tree))
        error = O2DLM_ET_NAME_TOO_LONG;
    if (!error && (stat(ctxt->tree, &info) || !S_ISDIR(info.st_mode)))
        error = O2DLM_ET_NO_FS_DIR;
    if (!error && statfs(ctxt->tree, &fs))
        error = O2DLM_ET_STATFS;
    if (!error && (unsigned int)fs.f_type != DLMFS_TYPE && ((unsigned int)fs.f_type != FUSE_TYPE || !tree_supports(ctxt->tree, "bast")))
        error = O2DLM_ET_NO_FS;
    if (!error && (size_t)snprintf(ctxt->domain, sizeof(ctxt->domain), "%s/%s", ctxt->tree, domain) >= sizeof(ctxt->domain))
        error = O2DLM_ET_NAME_TOO_LONG;
    if (!error && stat(ctxt->domain, &info)) {
        if (errno != ENOENT)
            error = O2DLM_ET_DOMAIN_DIR;
        else if (mkdir(ctxt->domain, DOMAIN_MODE) && errno != EEXIST)
            error = O2DLM_ET_DOMAIN_CREATE;
    } else if (!error && !S_ISDIR(info.st_mode)) {
        error = O2DLM_ET_BAD_DOMAIN_DIR;
    }
    if (!error)
        error = pin(ctxt);
    if (error) {
        free(ctxt);
        return error;
    }
    *result = ctxt;
    return 0;
}

errcode_t o2dlm_lock(struct o2dlm_ctxt *ctxt, const char *id, int flags, enum o2dlm_lock_level level)
{
    errcode_t error = check(ctxt, id, flags, level);

    return error ? error : take(ctxt, id, flags, level, NULL);
}

errcode_t o2dlm_lock_with_bast(struct o2dlm_ctxt *ctxt, const char *id, int flags, enum o2dlm_lock_level level,
                               void (*bast)(void *arg), void *arg, int *poll_fd)
{
    struct held *lock;
    errcode_t error;

    if (!bast || !poll_fd)
        return O2DLM_ET_INVALID_ARGS;
    if ((error = check(ctxt, id, flags, level)))
        return error;
    if (!tree_supports(ctxt->tree, "bast"))
        return O2DLM_ET_BAST_UNSUPPORTED;
    if ((error = take(ctxt, id, flags, level, &lock)))
        return error;
    lock->bast = bast;
    lock->arg = arg;
    *poll_fd = lock->fd;
    return 0;
}

void o2dlm_process_bast(struct o2dlm_ctxt *ctxt, int poll_fd)
{
    struct held *lock;

    for (lock = ctxt ? ctxt->locks : NULL; lock; lock = lock->next)
        if (lock->fd == poll_fd && lock->bast) {
            lock->bast(lock->arg);
            return;
        }
}

errcode_t o2dlm_unlock(struct o2dlm_ctxt *ctxt, const char *id)
{
    struct held **at, *lock;
    errcode_t error;

    if (!ctxt || !id)
        return O2DLM_ET_INVALID_ARGS;
    if ((error = check_id(id)))
        return error;
    at = find(ctxt, id);
    lock = *at;
    if (!lock)
        return O2DLM_ET_UNKNOWN_LOCK;
    *at = lock->next;
    close(lock->fd);
    free(lock);
    return 0;
}

errcode_t o2dlm_drop_lock(struct o2dlm_ctxt *ctxt, const char *id)
{
    char path[sizeof(ctxt->domain) + O2DLM_LOCK_ID_MAX_LEN + 1];
    errcode_t error;

    if (!ctxt || !id)
        return O2DLM_ET_INVALID_ARGS;
    if ((error = check_id(id)) || (error = path_of(ctxt, id, path, sizeof(path))))
        return error;
    if (*find(ctxt, id))
        return O2DLM_ET_BUSY_LOCK;
    if (!unlink(path))
        return 0;
    return errno == EBUSY ? O2DLM_ET_BUSY_LOCK : O2DLM_ET_UNLINK;
}

static errcode_t seek(struct o2dlm_ctxt *ctxt, const char *id, void *count, struct held **lock)
{
    if (!ctxt || !id || !count)
        return O2DLM_ET_INVALID_ARGS;
    *lock = *find(ctxt, id);
    if (!*lock)
        return O2DLM_ET_UNKNOWN_LOCK;
    return lseek((*lock)->fd, 0, SEEK_SET) ? O2DLM_ET_SEEK : 0;
}

errcode_t o2dlm_read_lvb(struct o2dlm_ctxt *ctxt, char *id, char *lvb, unsigned int len, unsigned int *bytes_read)
{
    struct held *lock;
    ssize_t count;
    errcode_t error = seek(ctxt, id, lvb, &lock);

    if (error)
        return error;
    count = read(lock->fd, lvb, len);
    if (count < 0)
        return O2DLM_ET_LVB_READ;
    if (!count && len)
        return O2DLM_ET_LVB_INVALID;
    if (bytes_read)
        *bytes_read = (unsigned int)count;
    return 0;
}

errcode_t o2dlm_write_lvb(struct o2dlm_ctxt *ctxt, char *id, const char *lvb, unsigned int len, unsigned int *bytes_written)
{
    struct held *lock;
    ssize_t count;
    errcode_t error = seek(ctxt, id, (void *)lvb, &lock);

    if (error)
        return error;
    count = write(lock->fd, lvb, len);
    if (count < 0)
        return O2DLM_ET_LVB_WRITE;
    if (bytes_written)
        *bytes_written = (unsigned int)count;
    return 0;
}

/* Lets go of everything, removes what nobody else uses, leaves the domain if that was all. */
errcode_t o2dlm_destroy(struct o2dlm_ctxt *ctxt)
{
    char path[sizeof(ctxt->domain) + NAME_MAX + 2];
    struct dirent *entry;
    errcode_t error = 0;
    DIR *directory;

    if (!ctxt)
        return O2DLM_ET_INVALID_ARGS;
    while (ctxt->locks) {
        struct held *lock = ctxt->locks;

        ctxt->locks = lock->next;
        close(lock->fd);
        free(lock);
    }
    directory = opendir(ctxt->domain);
    while (directory && (entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(path, sizeof(path), "%s/%s", ctxt->domain, entry->d_name);
        if (unlink(path) && errno != EBUSY && errno != ENOENT)
            error = O2DLM_ET_UNLINK;
    }
    if (!directory)
        error = O2DLM_ET_OPEN_DLM_DIR;
    else
        closedir(directory);
    if (!error && rmdir(ctxt->domain) && errno != ENOTEMPTY && errno != EBUSY)
        error = O2DLM_ET_DOMAIN_DESTROY;
    free(ctxt);
    return error;
}
