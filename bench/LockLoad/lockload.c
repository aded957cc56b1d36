/*
 * Opens and closes lock files as fast as it can and tells how often: what a lock costs.
 *   lockload SECONDS FLAGS FILE...     a thread for each FILE; FLAGS: r shared, w exclusive, n without waiting, and
 *                                      t one thread that takes the files in turn: two mounts of one lock hand it over
 *   lockload hold N DIRECTORY          makes N locks, has all of them at a time, waits for a line of standard input, gives them back
 * Prints one line: operations per second of all threads, then p50 and p99 of one open+close in microseconds; with hold, the microseconds
 * of one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BUCKETS = 20000, NS_PER_BUCKET = 250 };

struct worker {
	pthread_t thread;
	char **files;
	int turns;
	unsigned long count, bucket[BUCKETS + 1];
};

static int flags;
static volatile int stop;
static pthread_barrier_t start;

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void *work(void *argument)
{
	struct worker *w = argument;
	long before, after;

	pthread_barrier_wait(&start);
	for (before = now(); !stop; before = after) {
		const char *file = w->files[w->count % w->turns];
		int fd = open(file, flags);

		if (fd < 0 || close(fd)) {
			fprintf(stderr, "lockload: %s: %s\n", file, strerror(errno));
			exit(1);
		}
		after = now();
		w->bucket[(after - before) / NS_PER_BUCKET < BUCKETS ? (after - before) / NS_PER_BUCKET : BUCKETS]++;
		w->count++;
	}
	return NULL;
}

static double percentile(struct worker *w, int workers, unsigned long total, double part)
{
	unsigned long seen = 0;

	for (int b = 0; b <= BUCKETS; b++) {
		for (int i = 0; i < workers; i++)
			seen += w[i].bucket[b];
		if (seen >= total * part)
			return (b + 0.5) * NS_PER_BUCKET / 1000;
	}
	return 0;
}

static int hold(int count, const char *directory)
{
	struct rlimit limit = { count + 64, count + 64 };
	int *fds = calloc(count, sizeof(int));
	char path[4096];
	long begin;

	if (count < 1 || setrlimit(RLIMIT_NOFILE, &limit)) {
		perror("lockload");
		return 1;
	}
	begin = now();
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/h%d", directory, i);
		fds[i] = open(path, O_RDWR | O_CREAT, 0644);
		if (fds[i] < 0) {
			perror(path);
			return 1;
		}
	}
	printf("%.1f\n", (now() - begin) / 1000.0 / count);
	fflush(stdout);
	getchar();
	return 0;
}

int main(int argc, char **argv)
{
	int workers = argc - 3, files = argc - 3;
	struct worker *w;
	unsigned long total = 0;
	double seconds;
	long begin;

	if (argc == 4 && !strcmp(argv[1], "hold"))
		return hold(atoi(argv[2]), argv[3]);
	if (files < 1) {
		fprintf(stderr, "lockload SECONDS FLAGS FILE... | hold N DIRECTORY\n");
		return 2;
	}
	if (strchr(argv[2], 't'))
		workers = 1;
	seconds = atof(argv[1]);
	flags = (strchr(argv[2], 'w') ? O_RDWR : O_RDONLY) | (strchr(argv[2], 'n') ? O_NONBLOCK : 0);
	w = calloc(workers, sizeof(*w));
	pthread_barrier_init(&start, NULL, workers + 1);
	for (int i = 0; i < files; i++) {
		int fd = open(argv[3 + i], flags | O_CREAT, 0644);

		if (fd < 0) {
			fprintf(stderr, "lockload: %s: %s\n", argv[3 + i], strerror(errno));
			return 1;
		}
		close(fd);
	}
	for (int i = 0; i < workers; i++) {
		w[i].files = argv + 3 + i;
		w[i].turns = workers < files ? files : 1;
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	pthread_barrier_wait(&start);
	begin = now();
	usleep(seconds * 1000000);
	stop = 1;
	for (int i = 0; i < workers; i++)
		pthread_join(w[i].thread, NULL);
	seconds = (now() - begin) / 1e9;
	for (int i = 0; i < workers; i++)
		total += w[i].count;
	printf("%.0f %.1f %.1f\n", total / seconds, percentile(w, workers, total, 0.5), percentile(w, workers, total, 0.99));
	return 0;
}
