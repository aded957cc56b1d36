/*
 * The fastest FUSE server there can be for locks: it knows one directory of one file, looks at nothing and answers every request at once with
 * the same bytes. What it reaches no server can pass that has to be asked for each open.
 *   nullfuse [-n] [-s USEC] [-t THREADS] DIRECTORY
 * -n: FUSE_FLUSH at every close (else the kernel is told not to ask); -s: look for the next request for so long before sleeping; -t: threads,
 * each with its own clone of the device. Root only. Ends when it is unmounted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

static int asks_flush;
static long spin_ns;

static void fill(struct fuse_attr *a, uint64_t ino)
{
	memset(a, 0, sizeof(*a));
	a->ino = ino;
	a->mode = ino == 1 ? 040755 : 0100644;
	a->nlink = ino == 1 ? 2 : 1;
	a->size = ino == 1 ? 0 : 64;
}

static void answer(int device, uint64_t unique, int error, const void *body, size_t size)
{
	struct fuse_out_header head = { .len = sizeof(head) + size, .error = error, .unique = unique };
	struct iovec parts[2] = { { &head, sizeof(head) }, { (void *)body, size } };

	if (writev(device, parts, size ? 2 : 1) < 0 && errno != ENOENT)
		perror("nullfuse: writev");
}

static void run(int device, const struct fuse_in_header *in)
{
	struct fuse_entry_out entry = { .nodeid = 2, .entry_valid = 3600, .attr_valid = 3600 };
	struct fuse_attr_out attr = { .attr_valid = 3600 };
	struct fuse_open_out opened = { .fh = 1, .open_flags = FOPEN_DIRECT_IO | (asks_flush ? 0 : FOPEN_NOFLUSH) };
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 38, .max_write = 4096, .max_background = 64, .congestion_threshold = 48,
				      .flags = FUSE_PARALLEL_DIROPS };

	switch (in->opcode) {
	case FUSE_INIT:
		answer(device, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		fill(&entry.attr, 2);
		answer(device, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		fill(&attr.attr, in->nodeid);
		answer(device, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(device, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		answer(device, in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(device, in->unique, -ENOSYS, NULL, 0);
	}
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void *serve(void *argument)
{
	int device = (int)(long)argument;
	char *buffer = malloc(1 << 16);
	struct pollfd wait = { device, POLLIN, 0 };
	long idle = 0;

	for (;;) {
		ssize_t got = read(device, buffer, 1 << 16);

		if (got > 0) {
			idle = 0;
			run(device, (struct fuse_in_header *)buffer);
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
	int option, threads = 1, device;
	char words[128];
	pthread_t thread;

	while ((option = getopt(argc, argv, "ns:t:")) > 0) {
		if (option == 'n')
			asks_flush = 1;
		else if (option == 's')
			spin_ns = atol(optarg) * 1000;
		else if (option == 't')
			threads = atoi(optarg);
		else
			return 2;
	}
	device = open("/dev/fuse", O_RDWR | (spin_ns ? O_NONBLOCK : 0));
	snprintf(words, sizeof(words), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions", device);
	if (optind != argc - 1 || device < 0 || mount("nullfuse", argv[optind], "fuse", MS_NOSUID | MS_NODEV, words)) {
		perror("nullfuse");
		return 1;
	}
	for (int i = 1; i < threads; i++) {
		int clone = open("/dev/fuse", O_RDWR | (spin_ns ? O_NONBLOCK : 0));
		uint32_t source = device;

		if (clone < 0 || ioctl(clone, FUSE_DEV_IOC_CLONE, &source))
			perror("nullfuse: clone");
		else
			pthread_create(&thread, NULL, serve, (void *)(long)clone);
	}
	serve((void *)(long)device);
	return 0;
}
