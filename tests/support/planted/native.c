/* Honest work, as fast as a compiler makes it: a loop, and a value between two coroutines. */
#define _XOPEN_SOURCE 700
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

/* The compiler knows nothing about a number that has passed here. */
#define HIDE(number) __asm__ volatile("" : "+r"(number) : : "memory")

typedef int64_t (*Work)(int64_t size, int64_t *switches);

static int64_t noop(int64_t size, int64_t *switches) {
    (void)size, (void)switches;
    return 0;
}

static int64_t sumsquares(int64_t n, int64_t *switches) {
    int64_t total = 0;
    (void)switches;
    for (int64_t i = 0; i < n; i++) {
        int64_t square = i * i;
        HIDE(square);
        total += square;
    }
    return total;
}

enum side { PING, PONG };

static ucontext_t ping, pong;
static int64_t value;
static enum side last; /* who had the last turn */

static void play_pong(void) {
    for (;;) {
        value += 1;
        last = PONG;
        swapcontext(&pong, &ping);
    }
}

static int64_t pingpong(int64_t rounds, int64_t *switches) {
    static char stack[64 * 1024];
    getcontext(&pong);
    pong.uc_stack.ss_sp = stack;
    pong.uc_stack.ss_size = sizeof stack;
    makecontext(&pong, play_pong, 0);
    value = *switches = 0;
    for (int64_t round = 0; round < rounds; round++) {
        last = PING;
        swapcontext(&ping, &pong);
        value += 1;
        *switches += last != PING;
    }
    return value;
}

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

struct sample {
    int64_t elapsed_ns, cpu_ns, answer, switches;
};

/* Take a sample of so many calls of a workload. */
void take(const char *workload, int64_t size, int64_t calls, struct sample *sample) {
    Work work = !strcmp(workload, "pingpong") ? pingpong
                : !strcmp(workload, "sumsquares") ? sumsquares
                                                  : noop;
    int64_t cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID), began = now_ns(CLOCK_MONOTONIC);
    for (int64_t call = 0; call < calls; call++) {
        HIDE(size); /* else one call would be enough */
        sample->answer = work(size, &sample->switches);
        HIDE(sample);
    }
    sample->elapsed_ns = now_ns(CLOCK_MONOTONIC) - began;
    sample->cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
}
