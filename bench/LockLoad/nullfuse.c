/*
 * The fastest FUSE server there can be for locks: it knows one directory of one file, looks at nothing and answers every request at once with
 * the same bytes. What it reaches no server can pass that has to be asked for each open.
 *   nullfuse [-n] [-s USEC] [-t THREADS | -u | -p] DIRECTORY
 * -n: FUSE_FLUSH at every close (else the kernel is told not to ask); -s: look for the next request for so long before sleeping; -t: threads,
 * each with its own clone of the device; -u: requests through one io_uring, -p: through one on each processor, both by a kernel whose
 * /sys/module/fuse/parameters/enable_uring says Y. Root only. Ends when it is unmounted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

enum { ENTRIES = 8, PAYLOAD = 1 << 20, URING_REGISTER = 1, URING_COMMIT_AND_FETCH = 2, OVER_IO_URING_HIGH = 1 << 9 };

/* What <linux/fuse.h> of 6.14 adds. */
struct ring_header {
	char head[128], operation[128];
	struct {
		uint64_t flags, commit_id;
		uint32_t payload_size, padding;
		uint64_t reserved;
	} entry;
};

struct ring_command {
	uint64_t flags, commit_id;
	uint16_t queue;
	uint8_t padding[6];
};

struct entry {
	struct ring_header header;
	struct iovec parts[2];
	int queue;
};

struct ring {
	int fd;
	unsigned *submit_tail, *submit_mask, *submit_array, *done_head, *done_tail, *done_mask, filled;
	char *submissions;
	struct io_uring_cqe *completions;
};

static int asks_flush, uses_ring, per_processor, device;
static long spin_ns;

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void fill(struct fuse_attr *a, uint64_t ino)
{
	memset(a, 0, sizeof(*a));
	a->ino = ino;
	a->mode = ino == 1 ? 040755 : 0100644;
	a->nlink = ino == 1 ? 2 : 1;
	a->size = ino == 1 ? 0 : 64;
}

/* The answer to a request: its size, or a negative errno. */
static int answer(uint32_t opcode, uint64_t node, void *body)
{
	struct fuse_entry_out *entry = body;
	struct fuse_attr_out *attr = body;
	struct fuse_open_out *opened = body;

	switch (opcode) {
	case FUSE_LOOKUP:
		memset(entry, 0, sizeof(*entry));
		entry->nodeid = 2;
		entry->entry_valid = entry->attr_valid = 3600;
		fill(&entry->attr, 2);
		return sizeof(*entry);
	case FUSE_GETATTR:
		memset(attr, 0, sizeof(*attr));
		attr->attr_valid = 3600;
		fill(&attr->attr, node);
		return sizeof(*attr);
	case FUSE_OPEN:
		memset(opened, 0, sizeof(*opened));
		opened->fh = 1;
		opened->open_flags = FOPEN_DIRECT_IO | (asks_flush ? 0 : FOPEN_NOFLUSH);
		return sizeof(*opened);
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		return 0;
	default:
		return -ENOSYS;
	}
}

static void reply(int fd, uint64_t unique, int size, void *body)
{
	struct fuse_out_header head = { .len = sizeof(head) + (size > 0 ? size : 0), .error = size < 0 ? size : 0, .unique = unique };
	struct iovec parts[2] = { { &head, sizeof(head) }, { body, size > 0 ? size : 0 } };

	if (writev(fd, parts, size > 0 ? 2 : 1) < 0 && errno != ENOENT)
		perror("nullfuse: writev");
}

static void make_ring(struct ring *r)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQE128 | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
	const int protection = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_POPULATE;
	char *submit, *done;

	r->fd = syscall(SYS_io_uring_setup, 64, &p);
	if (r->fd < 0) {
		perror("nullfuse: io_uring_setup");
		exit(1);
	}
	submit = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(unsigned), protection, kind, r->fd, IORING_OFF_SQ_RING);
	done = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), protection, kind, r->fd, IORING_OFF_CQ_RING);
	r->submissions = mmap(NULL, p.sq_entries * 128, protection, kind, r->fd, IORING_OFF_SQES);
	r->submit_tail = (unsigned *)(submit + p.sq_off.tail);
	r->submit_mask = (unsigned *)(submit + p.sq_off.ring_mask);
	r->submit_array = (unsigned *)(submit + p.sq_off.array);
	r->done_head = (unsigned *)(done + p.cq_off.head);
	r->done_tail = (unsigned *)(done + p.cq_off.tail);
	r->done_mask = (unsigned *)(done + p.cq_off.ring_mask);
	r->completions = (struct io_uring_cqe *)(done + p.cq_off.cqes);
	r->filled = 0;
}

static void submit(struct ring *r, struct entry *e, uint32_t command)
{
	unsigned tail = *r->submit_tail, index = tail & *r->submit_mask;
	struct io_uring_sqe *s = (struct io_uring_sqe *)(r->submissions + index * 128);
	struct ring_command *c = (struct ring_command *)((char *)s + 48);

	memset(s, 0, 128);
	s->opcode = IORING_OP_URING_CMD;
	s->fd = device;
	s->cmd_op = command;
	s->user_data = (uint64_t)e;
	if (command == URING_REGISTER) {
		s->addr = (uint64_t)e->parts;
		s->len = 2;
	}
	c->queue = e->queue;
	c->commit_id = e->header.entry.commit_id;
	r->submit_array[index] = index;
	__atomic_store_n(r->submit_tail, tail + 1, __ATOMIC_RELEASE);
	r->filled++;
}

static int enter(struct ring *r, unsigned least)
{
	int result = syscall(SYS_io_uring_enter, r->fd, r->filled, least, IORING_ENTER_GETEVENTS, NULL, 0);

	r->filled = 0;
	return result;
}

static void *serve_ring(void *argument)
{
	int processors = sysconf(_SC_NPROCESSORS_CONF), mine = (int)(long)argument;
	struct ring r;

	make_ring(&r);
	if (per_processor) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(mine, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	for (int i = 0; i < processors * ENTRIES; i++) {
		struct entry *e;

		if (per_processor && i / ENTRIES != mine)
			continue;
		e = calloc(1, sizeof(*e));
		e->queue = i / ENTRIES;
		e->parts[0] = (struct iovec){ &e->header, sizeof(e->header) };
		e->parts[1] = (struct iovec){ aligned_alloc(4096, PAYLOAD), PAYLOAD };
		submit(&r, e, URING_REGISTER);
	}
	for (;;) {
		unsigned head = *r.done_head;
		long until = spin_ns ? now() + spin_ns : 0;

		while (spin_ns && now() < until && __atomic_load_n(r.done_tail, __ATOMIC_ACQUIRE) == head)
			enter(&r, 0);
		if (__atomic_load_n(r.done_tail, __ATOMIC_ACQUIRE) == head && enter(&r, 1) < 0 && errno != EINTR)
			exit(1);
		for (; head != __atomic_load_n(r.done_tail, __ATOMIC_ACQUIRE); head++) {
			struct io_uring_cqe *done = &r.completions[head & *r.done_mask];
			struct entry *e = (struct entry *)done->user_data;
			struct fuse_in_header *in = (struct fuse_in_header *)e->header.head;
			struct fuse_out_header *out = (struct fuse_out_header *)e->header.head;
			uint64_t unique = in->unique;
			int size;

			if (done->res < 0)
				exit(0);
			size = answer(in->opcode, in->nodeid, e->parts[1].iov_base);
			*out = (struct fuse_out_header){ .len = sizeof(*out) + (size > 0 ? size : 0), .error = size < 0 ? size : 0, .unique = unique };
			e->header.entry.payload_size = size > 0 ? size : 0;
			submit(&r, e, URING_COMMIT_AND_FETCH);
		}
		__atomic_store_n(r.done_head, head, __ATOMIC_RELEASE);
	}
}

static void initialize(int fd, const struct fuse_in_header *in)
{
	const struct fuse_init_in *offered = (const struct fuse_init_in *)(in + 1);
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION, .minor = 38, .max_write = 4096, .max_background = 64, .congestion_threshold = 48,
				     .flags = FUSE_PARALLEL_DIROPS };
	pthread_t thread;

	if (uses_ring) {
		if (!(offered->flags & FUSE_INIT_EXT) || !(offered->flags2 & OVER_IO_URING_HIGH)) {
			fprintf(stderr, "nullfuse: the kernel does not offer io_uring\n");
			exit(1);
		}
		out.flags |= FUSE_INIT_EXT;
		out.flags2 = OVER_IO_URING_HIGH;
	}
	reply(fd, in->unique, sizeof(out), &out);
	if (uses_ring)
		for (long i = 0; i < (per_processor ? sysconf(_SC_NPROCESSORS_CONF) : 1); i++)
			pthread_create(&thread, NULL, serve_ring, (void *)i);
}

static void *serve(void *argument)
{
	int fd = (int)(long)argument;
	char *buffer = malloc(1 << 16), body[512];
	struct fuse_in_header *in = (struct fuse_in_header *)buffer;
	struct pollfd wait = { fd, POLLIN, 0 };
	long idle = 0;

	for (;;) {
		ssize_t got = read(fd, buffer, 1 << 16);

		if (got > 0) {
			idle = 0;
			if (in->opcode == FUSE_INIT)
				initialize(fd, in);
			else if (in->opcode != FUSE_FORGET && in->opcode != FUSE_BATCH_FORGET && in->opcode != FUSE_INTERRUPT)
				reply(fd, in->unique, answer(in->opcode, in->nodeid, body), body);
		} else if (errno == EAGAIN) {
			if (!idle)
				idle = now();
			if (now() - idle >= spin_ns) {
				poll(&wait, 1, -1);
				idle = 0;
			}
		} else if (errno != EINTR && errno != ENOENT) {
			return NULL;
		}
	}
}

int main(int argc, char **argv)
{
	int option, threads = 1, how = O_RDWR;
	char words[128];
	pthread_t thread;

	while ((option = getopt(argc, argv, "ns:t:up")) > 0) {
		switch (option) {
		case 'n': asks_flush = 1; break;
		case 's': spin_ns = atol(optarg) * 1000; break;
		case 't': threads = atoi(optarg); break;
		case 'u': uses_ring = 1; break;
		case 'p': uses_ring = per_processor = 1; break;
		default: return 2;
		}
	}
	if (spin_ns && !uses_ring)
		how |= O_NONBLOCK;
	device = open("/dev/fuse", how);
	snprintf(words, sizeof(words), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions", device);
	if (optind != argc - 1 || device < 0 || mount("nullfuse", argv[optind], "fuse", MS_NOSUID | MS_NODEV, words)) {
		perror("nullfuse");
		return 1;
	}
	for (int i = 1; i < threads; i++) {
		int clone = open("/dev/fuse", how);
		uint32_t source = device;

		if (clone < 0 || ioctl(clone, FUSE_DEV_IOC_CLONE, &source))
			perror("nullfuse: clone");
		else
			pthread_create(&thread, NULL, serve, (void *)(long)clone);
	}
	serve((void *)(long)device);
	return 0;
}
