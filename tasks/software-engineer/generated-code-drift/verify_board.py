"""Judges a register and the board that hangs, and the board that would be printed next (expected.json)."""
exec(compile(open("/tests/verdict.py").read(), "/tests/verdict.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
TRUTH = {number: tuple(entry) for number, entry in EXPECTED["truth"].items()}
register, board = {}, {}


def read_register():
    _, *lines = read_file(f"/app/{EXPECTED['register']}").decode("utf-8").splitlines()
    for number, who, figure, _ in (line.split(";") for line in lines):
        expect(number not in register, "a line is there twice")
        register[number] = who, figure


def corrections():
    read_register()
    lost = sum(register.get(number) != TRUTH[number] for number in EXPECTED["corrected"])
    expect(not lost, f"{lost} things that were put right are not in the register")


def otherwise():
    others = TRUTH.keys() - set(EXPECTED["corrected"])
    wrong, extra = sum(register.get(number) != TRUTH[number] for number in others), len(register.keys() - TRUTH.keys())
    expect(not wrong and not extra, f"{wrong} other lines were changed, {extra} made up")


def printed():
    """The board that tools/board.sh, as it came, prints from the register."""
    lines = [EXPECTED["head"], ""]
    lines += [f"{number:>4}  {who:<22} {figure:>8}" for number, (who, figure) in
              sorted(register.items(), key=lambda line: int(line[0]))]
    return "\n".join(lines) + "\n"


def read_board():
    for line in read_file("/app/board/board.txt").decode("utf-8").splitlines()[2:]:
        words = line.partition("*")[0].split()
        board[words[0]] = " ".join(words[1:-1]), words[-1]
    wrong = sum(board.get(number) != entry for number, entry in TRUTH.items())
    extra = len(board.keys() - TRUTH.keys())
    expect(not wrong and not extra, f"{wrong} of {len(TRUTH)} lines are wrong, {extra} have no place there")


def protected():
    for name, digest in EXPECTED["protected"].items():
        expect(hashlib.sha256(read_file(f"/app/{name}")).hexdigest() == digest, f"{name} was changed")


verdict = Verdict()
verdict.check("what_was_put_right_is_in_the_register", corrections)
kept = ["what_was_put_right_is_in_the_register"]
verdict.check("register_is_otherwise_unchanged", otherwise, needs=kept)
verdict.check("board_is_right", read_board)
verdict.check("next_board_is_the_same", lambda: expect(
    read_file("/app/board/board.txt").decode("utf-8") == printed(), "the next board would look different"), needs=kept)
verdict.check("others_files_untouched", protected, needs=kept)
verdict.write()
