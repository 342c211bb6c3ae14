#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""prove.py: proves properties of a module for every sequence of inputs, with Yosys and the model checker of ABC.

    prove.py --top proof_arb_mux --rtl common/arb_mux.sv --param N=3 --property WaitsForEachOtherOnce
    prove.py --top proof_arb_mux --rtl common/arb_mux.sv --param N=3 --reach
    prove.py --top proof_arb_mux --rtl common/arb_mux.sv --list

Yosys turns the module into gates and flip-flops whose start values are free; property-directed reachability (`pdr`) finds an
invariant that holds after the reset, is kept by every step and implies the property, at any time: there is no depth. With --induction there is
nothing to find: the properties together, with those that are there to help, are such an invariant themselves, and Yosys checks
that. --reach shows the opposite of every REACH, an example, so that the assumptions of a proof cannot be ones that nothing meets.

A property is the label of an assertion, in this folder or in the module itself (`ifdef FORMAL`). Exit status: 0 proved, 1 not, 2 bad
usage. With --vcd FILE the way to a failure is written there.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RTL = HERE.parents[2] / "rtl"


def fail(status, text):
    print(f"prove.py: {text}", file=sys.stderr)
    sys.exit(status)


def run(command, folder, timeout=None):
    try:
        done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)
    except FileNotFoundError:
        fail(2, f"{command[0]} is not installed: tests/packages lists what is needed")
    except subprocess.TimeoutExpired:
        fail(1, f"{command[0]}: no answer within {timeout} s")
    if done.returncode != 0:
        fail(2, f"{command[0]} failed:\n{done.stdout[-2000:]}")
    return done.stdout


def elaborate(args, folder):
    """The flat design as Yosys cells; returns the names of its assertions."""
    sources = [str(RTL / "regmap/regmap_pkg.sv"), str(RTL / "pkg/dma_pkg.sv")]
    sources += [str(args.rtl_folder / name) for name in args.rtl] + [str(HERE / f"{args.top}.sv")]
    params = "".join(f" -set {name} {value}" for name, value in (p.split("=") for p in args.param))
    script = f"read_verilog -sv -formal -DFORMAL -I{RTL}/pkg -I{RTL}/virtio -I{HERE} {' '.join(sources)}; "
    if params:
        script += f"chparam{params} {args.top}; "
    for module in args.free:
        script += f"select -assert-min 1 {module}; blackbox {module}; "
    cut = "".join(f"select -assert-min 1 t:{module} t:$paramod*{module}*; cutpoint t:{module} t:$paramod*{module}*; " for module in args.free)
    script += (f"prep -flatten -top {args.top}; rename -top top; {cut}chformal -early; chformal -cover -remove; "
               "write_ilang flat.il; tee -o names.txt select -list t:$assert")
    run(["yosys", "-q", "-p", script], folder)
    return sorted(line.split("/", 1)[1] for line in (folder / "names.txt").read_text().split())


def gates(names):
    """Yosys commands: the flat design with the assertions `names` and no other, in gates."""
    keep = " ".join(f"top/{name}" for name in names)
    return (f"read_ilang flat.il; select -set keep {keep}; delete top/t:$assert @keep %d; delete -output; memory_map; async2sync; "
            "setundef -undriven -anyseq; opt -full; techmap; opt -fast; dffunmap; ")


def model(names, folder):
    """One AIGER file with the assertions `names` as its bad states, and nothing else."""
    script = gates(names) + "abc -g AND -fast; opt_clean; write_ilang gates.il; write_aiger -zinit -map model.aim model.aig"
    run(["yosys", "-q", "-p", script], folder)


def induction(names, folder, vcd, timeout):
    """True if the assertions hold in the first cycles out of reset, and in every cycle behind one in which they hold."""
    dump = f"-dump_vcd {vcd} " if vcd else ""
    log = run(["yosys", "-p", gates(names) + f"sat -tempinduct -seq 1 -maxsteps 2 -prove-asserts -set-assumes {dump}top"], folder, timeout)
    return "Induction step proven: SUCCESS!" in log, log


def check(engine, folder, timeout):
    """'proved', or the cycle of a failure, or None."""
    log = run(["yosys-abc", "-c", f"read_aiger model.aig; fold; strash; {engine}; write_cex -a model.aiw"], folder, timeout)
    found = re.search(r"was asserted in frame (\d+)", log)
    if found:
        return int(found.group(1)), log
    return ("proved" if re.search(r"Property proved|Networks are equivalent", log) else None), log


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--top", required=True, help="module of this folder")
    parser.add_argument("--rtl", action="append", default=[], help="source that it needs, relative to rtl/")
    parser.add_argument("--rtl-folder", type=pathlib.Path, default=RTL, help="another rtl/, to see a proof fail")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--free", action="append", default=[], metavar="MODULE", help="leave this module out: its outputs are any values")
    parser.add_argument("--property", action="append", default=[], help="assertion to prove; several are proved together")
    parser.add_argument("--reach", action="store_true", help="show that every REACH happens")
    parser.add_argument("--list", action="store_true", help="the assertions that there are")
    parser.add_argument("--depth", type=int, default=60, help="cycles that --reach looks at")
    parser.add_argument("--induction", action="store_true", help="the properties are an invariant: check it instead of looking for one")
    parser.add_argument("--bound", type=int, metavar="CYCLES", help="no proof: only that it cannot fail in the first cycles")
    parser.add_argument("--timeout", type=int, default=110, metavar="SECONDS")
    parser.add_argument("--vcd", help="where to write the way to a failure")
    args = parser.parse_args()
    vcd = os.path.abspath(args.vcd) if args.vcd else None
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        there = elaborate(args, folder)
        if args.list:
            print("\n".join(there))
            return 0
        if args.reach:
            wanted = [n for n in there if n.split(".")[-1].startswith("Reach")]
            if not wanted:
                fail(2, f"{args.top} has no REACH")
            for one in wanted:
                model([one], folder)
                cycle, log = check(f"bmc3 -F {args.depth} -T {args.timeout}", folder, args.timeout + 10)
                if not isinstance(cycle, int):
                    fail(1, f"{args.top}: {one} never happens within {args.depth} cycles: the assumptions may exclude it\n{log[-500:]}")
                print(f"{args.top}: {one} happens in cycle {cycle}")
            return 0
        wanted = [n for n in there if n.split(".")[-1] in args.property]
        missing = set(args.property) - {n.split(".")[-1] for n in wanted}
        if missing or not wanted:
            fail(2, f"{args.top} has no assertion {', '.join(sorted(missing)) or '(name one with --property)'}; it has {', '.join(there)}")
        if args.induction:
            proved, log = induction(wanted, folder, vcd, args.timeout)
            if not proved:
                fail(1, f"{args.top}: {', '.join(wanted)}: the first cycles, or one step, break it\n{log[-500:]}")
            print(f"{args.top}: {', '.join(wanted)} proved")
            return 0
        model(wanted, folder)
        engine = f"bmc3 -F {args.bound} -T {args.timeout}" if args.bound else f"pdr -T {args.timeout}"
        verdict, log = check(engine, folder, args.timeout + 10)
        if args.bound and re.search(rf"No output asserted in {args.bound} frames", log):
            print(f"{args.top}: {', '.join(wanted)} cannot fail in the first {args.bound} cycles")
            return 0
        if isinstance(verdict, int):
            if vcd:
                run(["yosys", "-q", "-p", f"read_ilang gates.il; sim -clock clk_i -r model.aiw -map model.aim -vcd {vcd}"], folder)
            fail(1, f"{args.top}: {' or '.join(wanted)} fails in cycle {verdict}; " + (f"see {vcd}" if vcd else "--vcd FILE shows how"))
        if verdict != "proved":
            fail(1, f"{args.top}: {', '.join(wanted)}: no proof and no counterexample in {args.timeout} s\n{log[-500:]}")
        print(f"{args.top}: {', '.join(wanted)} proved")
        return 0


if __name__ == "__main__":
    sys.exit(main())
