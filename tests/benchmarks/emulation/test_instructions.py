from fakelens.benchmarks.emulation.instructions import read_log

# As qemu writes it with -d in_asm,exec,nochain: a block when it is translated, then each time it runs.
LOG = """\
----------------
IN: kernel
0x7f803b0dd000:  d503233f  paciasp
0x7f803b0dd004:  a9bf7bfd  stp x29, x30, [sp, #-0x10]!
0x7f803b0dd008:  14000001  b #0x7f803b0dd00c

Trace 0: 0x7fff68000100 [00000000/00007f803b0dd000/00000140/00000000] kernel
Trace 0: 0x7fff68000100 [00000000/00007f803b0dd000/00000140/00000000] kernel
----------------
IN:
0x7f803b0dd00c:  d65f03c0  ret

Trace 0: 0x7fff68000200 [00000000/00007f803b0dd00c/00000140/00000000]
Trace 0: 0x7fff68000100 [00000000/00007f803b0dd000/00000140/00000000] kernel
"""


def test_a_block_counts_with_its_length_each_time_it_runs() -> None:
    assert read_log(LOG.splitlines(keepends=True)) == 3 * 3 + 1
    assert read_log([]) == 0
