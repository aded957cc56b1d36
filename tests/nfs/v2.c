/*
 * v2: every procedure of NFSv2 by libnfs's raw calls, on an empty directory exported without squashing root.
 *
 *   v2 HOST PORT EXPORT
 *
 * NFS and MOUNT are on one port. Says what was wrong and ends with 1, or prints "ok" and ends with 0.
 * Build: gcc -o v2 v2.c -lnfs
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>

enum { ENTRIES = 300, SECONDS = 30 };

/* What a callback saw: the status of the reply, and a copy of what the caller wants of it. */
static struct {
    int done;
    unsigned status;
    char handle[FHSIZE2];
    fattr2 attributes;
    char text[8192];
    unsigned length;
} seen;
static struct rpc_context *rpc;
static char root[FHSIZE2];
static int entries, eof;
static unsigned char found[ENTRIES];
static nfscookie2 cookie;

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "v2.c:%d: %s (status %u)\n", __LINE__, #condition, seen.status); exit(1); } } while (0)
#define CALL(procedure, arguments) do { memset(&seen, 0, sizeof seen); CHECK(rpc_nfs2_##procedure##_async(rpc, on_##procedure, arguments, NULL) == 0); wait(#procedure); } while (0)

static void wait(const char *what)
{
    time_t end = time(NULL) + SECONDS;
    while (!seen.done) {
        struct pollfd p = { .fd = rpc_get_fd(rpc), .events = (short)rpc_which_events(rpc) };
        if (time(NULL) > end || poll(&p, 1, 1000) < 0 || rpc_service(rpc, p.revents) < 0) {
            fprintf(stderr, "%s: no answer: %s\n", what, rpc_get_error(rpc));
            exit(1);
        }
    }
}

static void *reply(int status, void *data)
{
    if (status != RPC_STATUS_SUCCESS) {
        fprintf(stderr, "RPC failed: %s\n", status == RPC_STATUS_ERROR ? (char *)data : "cancelled");
        exit(1);
    }
    seen.done = 1;
    return data;
}

#define UNUSED (void)context, (void)private_data
#define CALLBACK(name) static void name(struct rpc_context *context, int status, void *data, void *private_data)

CALLBACK(on_connected) { UNUSED; (void)reply(status, data); }
CALLBACK(on_null) { UNUSED; (void)reply(status, data); }

CALLBACK(on_mount)
{
    UNUSED;
    mountres1 *r = reply(status, data);
    seen.status = r->fhs_status;
    if (!r->fhs_status)
        memcpy(root, r->mountres1_u.mountinfo.fhandle, sizeof root);
}

#define ATTRIBUTES(procedure, type) CALLBACK(on_##procedure) { UNUSED; type##res *r = reply(status, data); seen.status = r->status; \
    if (!r->status) seen.attributes = r->type##res_u.resok.attributes; }
#define FOUND(procedure, type) CALLBACK(on_##procedure) { UNUSED; type##res *r = reply(status, data); seen.status = r->status; \
    if (!r->status) { seen.attributes = r->type##res_u.resok.attributes; memcpy(seen.handle, r->type##res_u.resok.file, FHSIZE2); } }
#define STATUS(procedure, type) CALLBACK(on_##procedure) { UNUSED; type##res *r = reply(status, data); seen.status = r->status; }
ATTRIBUTES(getattr, GETATTR2)
ATTRIBUTES(setattr, SETATTR2)
ATTRIBUTES(write, WRITE2)
FOUND(lookup, LOOKUP2)
FOUND(create, CREATE2)
FOUND(mkdir, MKDIR2)
STATUS(remove, REMOVE2)
STATUS(rename, RENAME2)
STATUS(link, LINK2)
STATUS(symlink, SYMLINK2)
STATUS(rmdir, RMDIR2)

CALLBACK(on_readlink)
{
    UNUSED;
    READLINK2res *r = reply(status, data);
    seen.status = r->status;
    if (!r->status)
        snprintf(seen.text, sizeof seen.text, "%s", r->READLINK2res_u.resok.data);
}

CALLBACK(on_read)
{
    UNUSED;
    READ2res *r = reply(status, data);
    seen.status = r->status;
    if (r->status)
        return;
    seen.attributes = r->READ2res_u.resok.attributes;
    seen.length = r->READ2res_u.resok.data.nfsdata2_len;
    memcpy(seen.text, r->READ2res_u.resok.data.nfsdata2_val, seen.length);
}

CALLBACK(on_readdir)
{
    UNUSED;
    READDIR2res *r = reply(status, data);
    seen.status = r->status;
    if (r->status)
        return;
    for (entry2 *e = r->READDIR2res_u.resok.entries; e; e = e->nextentry) {
        int number;
        if (sscanf(e->name, "entry-%d", &number) == 1 && number >= 0 && number < ENTRIES)
            found[number]++;
        entries++;
        memcpy(cookie, e->cookie, sizeof cookie);
    }
    eof = (int)r->READDIR2res_u.resok.eof;
}

CALLBACK(on_statfs)
{
    UNUSED;
    STATFS2res *r = reply(status, data);
    seen.status = r->status;
    if (!r->status)
        seen.length = r->STATFS2res_u.resok.tsize;
}

static sattr2 keep(void)
{
    sattr2 a;
    memset(&a, 0xff, sizeof a);
    return a;
}

static diropargs2 in(const char *directory, char *name)
{
    diropargs2 where = { .name = name };
    memcpy(where.dir, directory, FHSIZE2);
    return where;
}

static unsigned create(const char *directory, char *name, unsigned mode)
{
    CREATE2args a = { .where = in(directory, name), .attributes = keep() };
    a.attributes.mode = mode;
    CALL(create, &a);
    return seen.status;
}

static unsigned lookup(const char *directory, char *name)
{
    LOOKUP2args a = { .what = in(directory, name) };
    CALL(lookup, &a);
    return seen.status;
}

static unsigned remove_(char *name)
{
    REMOVE2args a = { .what = in(root, name) };
    CALL(remove, &a);
    return seen.status;
}

int main(int count, char **arguments)
{
    char file[FHSIZE2], directory[FHSIZE2], data[8192];
    if (count != 4)
        return 2;
    rpc = rpc_init_context();
    CHECK(rpc);
    memset(&seen, 0, sizeof seen);
    CHECK(rpc_connect_port_async(rpc, arguments[1], atoi(arguments[2]), 100005, 1, on_connected, NULL) == 0);
    wait("connect");
    memset(&seen, 0, sizeof seen);
    CHECK(rpc_mount1_mnt_async(rpc, on_mount, arguments[3], NULL) == 0);
    wait("mount");
    CHECK(seen.status == 0);
    rpc_destroy_context(rpc);

    rpc = rpc_init_context();
    memset(&seen, 0, sizeof seen);
    CHECK(rpc_connect_port_async(rpc, arguments[1], atoi(arguments[2]), 100003, 2, on_connected, NULL) == 0);
    wait("connect");
    memset(&seen, 0, sizeof seen);
    CHECK(rpc_nfs2_null_async(rpc, on_null, NULL) == 0);
    wait("null");

    GETATTR2args attributes;
    memcpy(attributes.fhandle, root, FHSIZE2);
    CALL(getattr, &attributes);
    CHECK(seen.status == 0 && seen.attributes.type == NF2DIR && (seen.attributes.mode & 0170000) == 0040000);
    unsigned root_id = seen.attributes.fileid;
    CHECK(lookup(root, "..") == 0 && seen.attributes.fileid == root_id);

    CHECK(create(root, "file", 0640) == 0);
    memcpy(file, seen.handle, FHSIZE2);
    CHECK(seen.attributes.type == NF2REG && (seen.attributes.mode & 07777) == 0640 && seen.attributes.size == 0);
    CHECK(create(root, "file", 0600) == 0 && (seen.attributes.mode & 07777) == 0640);
    CHECK(lookup(root, "file") == 0 && !memcmp(seen.handle, file, FHSIZE2));
    CHECK(lookup(root, "none") == NFS3ERR_NOENT);

    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 256);
    for (unsigned part = 0; part < 3; part++) {
        WRITE2args write = { .offset = part * 8192, .totalcount = part == 2 ? 5 : 8192, .data = { part == 2 ? 5 : 8192, data } };
        memcpy(write.file, file, FHSIZE2);
        CALL(write, &write);
        CHECK(seen.status == 0 && seen.attributes.size == part * 8192 + write.data.nfsdata2_len);
    }
    for (unsigned part = 0; part < 3; part++) {
        READ2args read = { .offset = part * 8192, .count = 8192, .totalcount = 8192 };
        memcpy(read.file, file, FHSIZE2);
        CALL(read, &read);
        CHECK(seen.status == 0 && seen.length == (part == 2 ? 5u : 8192u) && !memcmp(seen.text, data, seen.length));
    }

    SETATTR2args set = { .attributes = keep() };
    memcpy(set.fhandle, file, FHSIZE2);
    set.attributes.mode = 0604;
    set.attributes.size = 10;
    set.attributes.mtime.seconds = set.attributes.atime.seconds = 1000000000;
    set.attributes.mtime.nseconds = set.attributes.atime.nseconds = 500000;
    CALL(setattr, &set);
    CHECK(seen.status == 0 && (seen.attributes.mode & 07777) == 0604 && seen.attributes.size == 10);
    CHECK(seen.attributes.mtime.seconds == 1000000000 && seen.attributes.mtime.nseconds == 500000);

    MKDIR2args make = { .where = in(root, "directory"), .attributes = keep() };
    make.attributes.mode = 0755;
    CALL(mkdir, &make);
    CHECK(seen.status == 0 && seen.attributes.type == NF2DIR);
    memcpy(directory, seen.handle, FHSIZE2);
    CALL(mkdir, &make);
    CHECK(seen.status == NFS3ERR_EXIST);

    LINK2args hard = { .to = in(directory, "hard") };
    memcpy(hard.from, file, FHSIZE2);
    CALL(link, &hard);
    CHECK(seen.status == 0);
    SYMLINK2args soft = { .from = in(root, "soft"), .to = "some/where else", .attributes = keep() };
    CALL(symlink, &soft);
    CHECK(seen.status == 0);
    CHECK(lookup(root, "soft") == 0 && seen.attributes.type == NF2LNK);
    READLINK2args target;
    memcpy(target.file, seen.handle, FHSIZE2);
    CALL(readlink, &target);
    CHECK(seen.status == 0 && !strcmp(seen.text, "some/where else"));

    RENAME2args move = { .from = in(root, "file"), .to = in(directory, "moved") };
    CALL(rename, &move);
    CHECK(seen.status == 0);
    memcpy(attributes.fhandle, file, FHSIZE2);
    CALL(getattr, &attributes);
    CHECK(seen.status == 0 && seen.attributes.nlink == 2);
    RMDIR2args gone = { .what = in(root, "directory") };
    CALL(rmdir, &gone);
    CHECK(seen.status == NFS3ERR_NOTEMPTY);

    char name[32];
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(name, sizeof name, "entry-%d", i);
        CHECK(create(root, name, 0600) == 0);
    }
    while (!eof) {
        READDIR2args list = { .count = 1024 };
        memcpy(list.dir, root, FHSIZE2);
        memcpy(list.cookie, cookie, sizeof cookie);
        int before = entries;
        CALL(readdir, &list);
        CHECK(seen.status == 0 && (entries > before || eof));
    }
    CHECK(entries == ENTRIES + 4);
    for (int i = 0; i < ENTRIES; i++) {
        CHECK(found[i] == 1);
        snprintf(name, sizeof name, "entry-%d", i);
        CHECK(remove_(name) == 0);
    }
    CHECK(remove_("entry-0") == NFS3ERR_NOENT);

    STATFS2args room;
    memcpy(room.dir, root, FHSIZE2);
    CALL(statfs, &room);
    CHECK(seen.status == 0 && seen.length == 8192);

    /* A handle with one bit changed, and one of a file that is gone. */
    memcpy(attributes.fhandle, file, FHSIZE2);
    attributes.fhandle[25] ^= 1;
    CALL(getattr, &attributes);
    CHECK(seen.status == NFS3ERR_STALE);
    REMOVE2args last = { .what = in(directory, "moved") };
    CALL(remove, &last);
    last.what.name = "hard";
    CALL(remove, &last);
    memcpy(attributes.fhandle, file, FHSIZE2);
    CALL(getattr, &attributes);
    CHECK(seen.status == NFS3ERR_STALE);
    CALL(rmdir, &gone);
    CHECK(seen.status == 0 && remove_("soft") == 0);
    rpc_destroy_context(rpc);
    printf("ok\n");
    return 0;
}
