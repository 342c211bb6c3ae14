#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each check finds the fault it is for, in a small tree made for it, and nothing in the same tree without the fault."""
import pathlib
import tempfile
import unittest

from checks import bad_input, conformance, data_path_map, folders_apart, folders_listed, links_resolve, sources_tidy
from checks.tree import FOLDERS, Tree

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
ROW = "| {n} | `driver/netvio/tx.c:netvio_tx` `rtl/top.sv:top.valid_o` | a descriptor | [V] 2.8 | `Tx.Sends` |\n"
MAP = ("# R\n\n* [V] VIRTIO 1.2\n\n## Data-path map\n\n### Transmit\n\n" + "".join(ROW.format(n=n) for n in range(12)) +
       "\n### Receive\n\n" + "".join(ROW.format(n=n) for n in range(10)))
BAD = ("# RTL\n`top` `bar0`\n\n## Bad input\n\n| what | clause | answer | counter | test |\n|---|---|---|---|---|\n| **rings** | | | | |\n" +
       "| no end | [V] 2.8 | drop | TX_DROPS | `Tx.Sends` |\n" * 40)
GOOD = {
    "README.md": MAP,
    "driver/netvio/tx.c": SPDX + '#include "tx.h"\nint netvio_tx(struct a *a,\n              int b)\n{\n    return 0;\n}\n',
    "driver/netvio/tx.h": SPDX + "int netvio_tx(struct a *a, int b);\nint declared(void);\n",
    "hw/link.h": SPDX,
    "rtl/top.sv": SPDX + "module top (output logic valid_o);\nendmodule\n",
    "sim/main.c": SPDX + '#include "link.h"\n',
    "tests/tx_test.cpp": SPDX + "TEST(Tx, Sends)  // VIRTIO P1\n{\n}\n",
    "waves/README.md": "see [the other](../hw/README.md#hw)\n",
    "driver/README.md": "`tx.h`\n",
    "hw/README.md": "# HW\n`link`\n",
    "rtl/README.md": BAD,
    "rtl/regmap/bar0.def": SPDX + 'REG(STATS, TX_DROPS, 0x10, 8, RO, "ours", "drops")\n',
    "sim/README.md": "`main.c`\n",
    "tests/README.md": "`*_test.cpp` `requirements.txt`\n",
    "tests/requirements.txt": "== P: rings\nP1 | in order | 2.8\nP2 | no more | 2.9\n    not offered\n",
}


def problems(check, changes):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**GOOD, **changes}.items():
            if text is not None:
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        for folder in FOLDERS:
            pathlib.Path(root, folder).mkdir(exist_ok=True)
        return check.check(Tree(root))


class ChecksFindFaults(unittest.TestCase):
    def assert_found(self, check, changes, words):
        self.assertEqual(problems(check, {}), [], "the good tree")
        found = problems(check, changes)
        self.assertTrue(any(words in problem for problem in found), found)

    def assert_map(self, old, new, words):
        self.assert_found(data_path_map, {"README.md": MAP.replace(old, new, 1)}, words)

    def test_map_names_a_missing_file(self):
        self.assert_map("netvio/tx.c", "netvio/gone.c", "no file driver/netvio/gone.c")

    def test_map_names_a_function_that_is_only_declared(self):
        self.assert_map("tx.c:netvio_tx", "tx.h:declared", "defines no function declared")

    def test_map_names_a_missing_module(self):
        self.assert_map("top.sv:top", "top.sv:bottom", "no module bottom")

    def test_map_names_a_missing_port(self):
        self.assert_map("top.valid_o", "top.ready_i", "has no port ready_i")

    def test_map_names_a_missing_test(self):
        self.assert_map("Tx.Sends", "Tx.Flies", "no test Tx.Flies")

    def test_map_cites_an_unknown_source(self):
        self.assert_map("[V] 2.8 |", "[Q] 2.8 |", "[Q] is not in the list of sources")

    def test_map_has_a_row_without_a_test(self):
        self.assert_map("`Tx.Sends`", "later", "no test")

    def test_map_is_short(self):
        self.assert_map(ROW.format(n=11), "", "at least 12")

    def assert_bad_input(self, old, new, words):
        self.assert_found(bad_input, {"rtl/README.md": BAD.replace(old, new, 1)}, words)

    def test_bad_input_names_a_missing_test(self):
        self.assert_bad_input("Tx.Sends", "Tx.Flies", "no test Tx.Flies")

    def test_bad_input_has_no_test(self):
        self.assert_bad_input("`Tx.Sends`", "later", "no test")

    def test_bad_input_names_a_missing_counter(self):
        self.assert_bad_input("TX_DROPS", "TX_SIGHS", "no counter TX_SIGHS")

    def test_bad_input_has_no_clause(self):
        self.assert_bad_input("[V] 2.8 |", "|", "no clause")

    def test_bad_input_is_short(self):
        self.assert_bad_input("| no end | [V] 2.8 | drop | TX_DROPS | `Tx.Sends` |\n", "", "at least 40")

    def test_requirement_has_neither_test_nor_reason(self):
        self.assert_found(conformance, {"tests/tx_test.cpp": SPDX + "TEST(Tx, Sends)\n{\n}\n"}, "P1 has neither")

    def test_requirement_has_a_test_and_a_reason(self):
        self.assert_found(conformance, {"tests/rx_test.cpp": SPDX + "TEST(Rx, Takes) {  // VIRTIO P2: and more\n}\n"}, "but Rx.Takes shows it")

    def test_tag_names_no_requirement(self):
        self.assert_found(conformance, {"tests/rx_test.cpp": SPDX + "// VIRTIO P1, P3\nTEST_F(Rx, Takes)\n{\n}\n"}, "no requirement P3")

    def test_tag_is_of_no_test(self):
        self.assert_found(conformance, {"tests/rx_test.cpp": SPDX + "// VIRTIO P1\nint a;\nTEST(Rx, Takes)\n{\n}\n"}, "no test on this line")

    def test_tag_has_something_behind_it(self):
        self.assert_found(conformance, {"tests/rx_test.cpp": SPDX + "TEST(Rx, Takes) {  // VIRTIO P1 P2\n}\n"}, "expected // VIRTIO")

    def test_requirement_stands_twice(self):
        self.assert_found(conformance, {"tests/requirements.txt": GOOD["tests/requirements.txt"] + "P1 | again | 2.8\n"}, "for the second time")

    def test_tagged_test_was_not_built(self):
        with tempfile.TemporaryDirectory() as root:
            for name in ("tests/requirements.txt", "tests/tx_test.cpp"):
                path = pathlib.Path(root, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(GOOD[name], encoding="utf-8")
            self.assertEqual(conformance.collect(Tree(root), {"Tx.Sends"}).problems, [])
            self.assertIn("Tx.Sends is not among", conformance.collect(Tree(root), {"Tx.Flies"}).problems[0])

    def test_link_leads_nowhere(self):
        self.assert_found(links_resolve, {"waves/README.md": "[x](gone.md)\n"}, "no such file")

    def test_link_names_a_missing_heading(self):
        self.assert_found(links_resolve, {"waves/README.md": "[x](../hw/README.md#gone)\n"}, "no such heading")

    def test_file_is_not_listed(self):
        self.assert_found(folders_listed, {"hw/cpu.h": SPDX}, "does not list hw/cpu.h")

    def test_folder_has_no_readme(self):
        self.assert_found(folders_listed, {"hw/README.md": None}, "hw/README.md: missing")

    def test_source_has_no_licence(self):
        self.assert_found(sources_tidy, {"hw/link.h": "int a;\n"}, "no SPDX")

    def test_source_is_long(self):
        self.assert_found(sources_tidy, {"hw/link.h": SPDX + "\n" * 600}, "more than 600 lines")

    def test_source_promises_something(self):
        self.assert_found(sources_tidy, {"hw/link.h": SPDX + "// TO" + "DO: all\n"}, "a note for later")

    def test_driver_includes_hardware(self):
        self.assert_found(folders_apart, {"driver/a.c": SPDX + '#include "link.h"\n'}, "driver/ may not know hw/link.h")

    def test_hardware_includes_driver(self):
        self.assert_found(folders_apart, {"hw/a.cpp": SPDX + '#include "netvio/tx.h"\n'}, "hw/ may not know driver/netvio/tx.h")

    def test_device_includes_hardware(self):
        self.assert_found(folders_apart, {"rtl/a.sv": SPDX + '`include "link.h"\n'}, "rtl/ may not know hw/link.h")

    def test_driver_includes_systemc(self):
        self.assert_found(folders_apart, {"driver/a.c": SPDX + "#include <systemc>\n"}, "may not know SystemC")

    def test_sim_includes_the_model(self):
        self.assert_found(folders_apart, {"sim/a.cpp": SPDX + '#include "Vnic_top.h"\n'}, "only hw/nic/")


if __name__ == "__main__":
    unittest.main()
