/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for valgrind: accesses of the kinds that drivers make, over memory of any size. What it does depends on nothing but its
 * arguments: access_patterns PATTERN KIBIBYTES ACCESSES.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, STRUCTURE = 608 };

static uint64_t state = 1;
static uint64_t draw(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Up and down, a word at a time. */
static uint64_t walk(volatile uint64_t *words, size_t count, size_t accesses) {
    uint64_t sum = 0;
    for (size_t i = 0; i < accesses; i++) {
        const size_t lap = i / count, at = i % count;
        sum += words[lap % 2 ? count - 1 - at : at];
    }
    return sum;
}

/* From pointer to pointer: each line once in a lap, in a random order. */
static uint64_t chase(volatile uint64_t *words, size_t count, size_t accesses) {
    const size_t lines = count * sizeof(uint64_t) / LINE, stride = LINE / sizeof(uint64_t);
    for (size_t i = 0; i < lines; i++) words[i * stride] = i;
    for (size_t i = lines - 1; i > 0; i--) {
        const size_t other = draw() % i;
        const uint64_t kept = words[i * stride];
        words[i * stride] = words[other * stride];
        words[other * stride] = kept;
    }
    uint64_t at = 0;
    for (size_t i = 0; i < accesses; i++) at = words[at * stride];
    return at;
}

/* Reads and writes anywhere. */
static uint64_t scatter(volatile uint64_t *words, size_t count, size_t accesses) {
    uint64_t sum = 0;
    for (size_t i = 0; i < accesses; i++) {
        const size_t at = draw() % count;
        if (i % 3 == 0) words[at] = i;
        else sum += words[at];
    }
    return sum;
}

/* Structures as large as an NBL with its NB and MDL, from the end of a list that was freed last: a few members of each. */
static uint64_t packets(volatile uint64_t *words, size_t count, size_t accesses) {
    const size_t structures = count * sizeof(uint64_t) / STRUCTURE, words_each = STRUCTURE / sizeof(uint64_t);
    uint64_t sum = 0;
    for (size_t i = 0; i < accesses; i += 6) {
        volatile uint64_t *one = words + (i / 6 * 7) % structures * words_each;
        one[0] = i;
        sum += one[1] + one[47];
        one[50] = sum;
        sum += one[69] + one[74];
    }
    return sum;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        uint64_t (*run)(volatile uint64_t *words, size_t count, size_t accesses);
    } patterns[] = {{"walk", walk}, {"chase", chase}, {"scatter", scatter}, {"packets", packets}};
    if (argc != 4) return 2;
    const size_t bytes = strtoul(argv[2], NULL, 10) << 10, accesses = strtoul(argv[3], NULL, 10);
    void *memory = NULL;
    if (posix_memalign(&memory, 1 << 20, bytes) != 0) return 3;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (strcmp(patterns[i].name, argv[1]) == 0) printf("%d\n", (int)(patterns[i].run(memory, bytes / sizeof(uint64_t), accesses) & 1));
    free(memory);
    return 0;
}
