/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hooks.c: the functions that code compiled with -fsanitize=thread calls, of gcc and of clang. They take the place of the
 * sanitizer's runtime, whose names and arguments are the compilers' ABI: atomic operations are calls that must do what they say.
 */
#include <string.h>

#include "access.h"

static const struct access_listener *listener;
static bool measured;

void access_listen(const struct access_listener *next) { listener = next; }
bool access_is_measured(void) { return measured; }

static inline void load(const volatile void *address, size_t bytes) {
    if (listener) listener->load(listener->ctx, (const void *)address, bytes);
}
static inline void store(const volatile void *address, size_t bytes) {
    if (listener) listener->store(listener->ctx, (const void *)address, bytes);
}
static inline void locked(void) {
    if (listener) listener->locked(listener->ctx);
}

/* Every measured source calls this before main(). */
void __tsan_init(void);
void __tsan_init(void) { measured = true; }

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller) {
    (void)caller;
    if (listener) listener->enter(listener->ctx, __builtin_extract_return_addr(__builtin_return_address(0)));
}
void __tsan_func_exit(void);
void __tsan_func_exit(void) {
    if (listener) listener->leave(listener->ctx);
}

/* ---- Plain accesses: aligned, unaligned, volatile, and read and written in one (clang) */
#define ACCESS(kind, name, bytes)      \
    void __tsan_##name(void *address); \
    void __tsan_##name(void *address) { kind(address, bytes); }
#define ACCESSES(bytes)                                   \
    ACCESS(load, read##bytes, bytes)                      \
    ACCESS(store, write##bytes, bytes)                    \
    ACCESS(load, unaligned_read##bytes, bytes)            \
    ACCESS(store, unaligned_write##bytes, bytes)          \
    ACCESS(load, volatile_read##bytes, bytes)             \
    ACCESS(store, volatile_write##bytes, bytes)           \
    ACCESS(load, unaligned_volatile_read##bytes, bytes)   \
    ACCESS(store, unaligned_volatile_write##bytes, bytes) \
    ACCESS(both, read_write##bytes, bytes)                \
    ACCESS(both, unaligned_read_write##bytes, bytes)
static inline void both(const volatile void *address, size_t bytes) {
    load(address, bytes);
    store(address, bytes);
}
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

#define RANGE(kind, name)                            \
    void __tsan_##name(void *address, size_t bytes); \
    void __tsan_##name(void *address, size_t bytes) { kind(address, bytes); }
RANGE(load, read_range)
RANGE(store, write_range)

void __tsan_vptr_update(void **vptr, void *value);
void __tsan_vptr_update(void **vptr, void *value) {
    (void)value;
    store(vptr, sizeof(*vptr));
}
void __tsan_vptr_read(void **vptr);
void __tsan_vptr_read(void **vptr) { load(vptr, sizeof(*vptr)); }

/* ---- What measured.h puts in place of the library's, and clang by itself */
void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
    if (bytes) {
        load(from, bytes);
        store(to, bytes);
    }
    return memcpy(to, from, bytes);
}
void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes) {
    if (bytes) {
        load(from, bytes);
        store(to, bytes);
    }
    return memmove(to, from, bytes);
}
void *__tsan_memset(void *to, int fill, size_t bytes);
void *__tsan_memset(void *to, int fill, size_t bytes) {
    if (bytes) store(to, bytes);
    return memset(to, fill, bytes);
}
int access_memcmp(const void *left, const void *right, size_t bytes);
int access_memcmp(const void *left, const void *right, size_t bytes) {
    if (bytes) {
        load(left, bytes);
        load(right, bytes);
    }
    return memcmp(left, right, bytes);
}

/* ---- Atomics. Sequentially consistent, whatever is asked: the listener wants to know of locked instructions only. */
#define UPDATE(bits, type, name, builtin)                                              \
    type __tsan_atomic##bits##_##name(volatile type *address, type value, int order);  \
    type __tsan_atomic##bits##_##name(volatile type *address, type value, int order) { \
        (void)order;                                                                   \
        both(address, sizeof(type));                                                   \
        locked();                                                                      \
        return builtin(address, value, __ATOMIC_SEQ_CST);                              \
    }
#define EXCHANGE_IF(bits, type, name, weak)                                                                                    \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile type *address, type *expected, type value, int good, int bad);  \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile type *address, type *expected, type value, int good, int bad) { \
        (void)good, (void)bad;                                                                                                 \
        both(address, sizeof(type));                                                                                           \
        locked();                                                                                                              \
        return __atomic_compare_exchange_n(address, expected, value, weak, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                \
    }
#define ATOMICS(bits, type)                                                                                                 \
    type __tsan_atomic##bits##_load(const volatile type *address, int order);                                               \
    type __tsan_atomic##bits##_load(const volatile type *address, int order) {                                              \
        (void)order;                                                                                                        \
        load(address, sizeof(type));                                                                                        \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                                                  \
    }                                                                                                                       \
    void __tsan_atomic##bits##_store(volatile type *address, type value, int order);                                        \
    void __tsan_atomic##bits##_store(volatile type *address, type value, int order) {                                       \
        store(address, sizeof(type));                                                                                       \
        if (order == __ATOMIC_SEQ_CST) locked();                                                                            \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                                                 \
    }                                                                                                                       \
    UPDATE(bits, type, exchange, __atomic_exchange_n)                                                                       \
    UPDATE(bits, type, fetch_add, __atomic_fetch_add)                                                                       \
    UPDATE(bits, type, fetch_sub, __atomic_fetch_sub)                                                                       \
    UPDATE(bits, type, fetch_and, __atomic_fetch_and)                                                                       \
    UPDATE(bits, type, fetch_or, __atomic_fetch_or)                                                                         \
    UPDATE(bits, type, fetch_xor, __atomic_fetch_xor)                                                                       \
    UPDATE(bits, type, fetch_nand, __atomic_fetch_nand)                                                                     \
    EXCHANGE_IF(bits, type, strong, false)                                                                                  \
    EXCHANGE_IF(bits, type, weak, true)                                                                                     \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *address, type expected, type value, int good, int bad);  \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *address, type expected, type value, int good, int bad) { \
        (void)__tsan_atomic##bits##_compare_exchange_strong(address, &expected, value, good, bad);                          \
        return expected;                                                                                                    \
    }
ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order) {
    if (order == __ATOMIC_SEQ_CST) locked();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order) {
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
