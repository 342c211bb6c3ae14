/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regmap_gen: prints the numbers of regmap.def for languages that cannot include it.
 *
 *   regmap_gen               regmap_pkg.sv: one localparam for each enumerator of regmap.h, under the same name
 *   regmap_gen --markdown    the register table of rtl/README.md
 *
 * Both outputs are committed, because Verilator runs when the build is configured, before any program of ours exists;
 * the tests regmap.package_is_current and regmap.readme_is_current compare them with what this program prints.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_REG, KIND_BIT, KIND_FIELD, KIND_VALUE };

/* One line of a .def file. first and second are the numbers of the line: offset and bytes, lsb and width, or one only. */
struct entry {
    enum kind kind;
    const char *block, *name;
    uint32_t first, second;
    const char *access, *clause, *meaning;
};

#define REG(block, name, offset, bytes, access, clause, meaning) \
    {KIND_REG, #block, #name, offset, bytes, #access, clause, meaning},
#define BIT(block, name, number, clause, meaning) {KIND_BIT, #block, #name, number, 0, "", clause, meaning},
#define FIELD(block, name, lsb, width, clause, meaning) {KIND_FIELD, #block, #name, lsb, width, "", clause, meaning},
#define VALUE(block, name, number, clause, meaning) {KIND_VALUE, #block, #name, number, 0, "", clause, meaning},
static const struct entry entries[] = {
#include "regmap.def"
};
enum { ENTRIES = sizeof entries / sizeof entries[0] };

static void print_localparam(const struct entry *e, const char *suffix, uint32_t value)
{
    printf("  localparam int unsigned %s_%s%s = 'h%X;\n", e->block, e->name, suffix, value);
}

static void print_package(void)
{
    static const char *const first_suffix[] = {"", "_BIT", "_LSB", ""};
    puts("// SPDX-License-Identifier: Apache-2.0\n"
         "// Generated from rtl/regmap/*.def by regmap_gen; do not edit. A name means the same number as in regmap.h.\n"
         "`default_nettype none\n"
         "\n"
         "package regmap_pkg;\n"
         "  /* verilator lint_off UNUSEDPARAM */");
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct entry *e = &entries[i];
        print_localparam(e, first_suffix[e->kind], e->first);
        if (e->kind == KIND_REG)
            print_localparam(e, "_BYTES", e->second);
        if (e->kind == KIND_FIELD)
            print_localparam(e, "_WIDTH", e->second);
    }
    puts("  /* verilator lint_on UNUSEDPARAM */\n"
         "endpackage\n"
         "\n"
         "`default_nettype wire");
}

static void print_markdown(void)
{
    puts("| block | name | where | clause | meaning |\n"
         "|---|---|---|---|---|");
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct entry *e = &entries[i];
        printf("| %s | %s | ", e->block, e->name);
        switch (e->kind) {
        case KIND_REG: printf("+0x%02X, %u bytes, %s", e->first, e->second, e->access); break;
        case KIND_BIT: printf("bit %u", e->first); break;
        case KIND_FIELD: printf("bits %u:%u", e->first + e->second - 1, e->first); break;
        case KIND_VALUE: printf("= 0x%X", e->first); break;
        }
        printf(" | %s | %s |\n", e->clause, e->meaning);
    }
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        print_package();
    } else if (argc == 2 && strcmp(argv[1], "--markdown") == 0) {
        print_markdown();
    } else {
        fputs("usage: regmap_gen [--markdown]\n", stderr);
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 3;
}
