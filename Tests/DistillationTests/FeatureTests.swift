import Statistics
import Testing

@testable import Distillation

/// What an action comes down to.
struct FeatureTests {
    private func features(_ line: String) -> [String] { ActionFeatures(shell: line).features }

    /// What a line runs, each command in one text.
    private func signatures(_ line: String) -> [String] {
        let commands = ShellScript(line).statements.flatMap(\.commands).flatMap { CommandWrappers.unwrapped($0) }
        let written = commands.flatMap(\.writtenFiles).map { "write *.\(ArgumentClass.suffix(of: $0) ?? "")" }
        return Set(commands.compactMap { CommandSignature($0)?.text } + written).sorted()
    }

    @Test(
        "Shell lines",
        arguments: [
            ("ls -la /tmp", ["ls -al PATH"]),
            ("ls -al \\\n  /tmp", ["ls -al PATH"]),
            ("FOO=1 BAR='a b' sudo -u root env X=y timeout -k 5 60 nice -n 10 sort -k2 in.csv", ["sort -2k PATH.csv"]),
            ("cat a.csv | sort | uniq -c > out.txt", ["cat PATH.csv", "sort", "uniq -c", "write *.txt"]),
            ("a && b || c; d & e", ["a", "b", "c", "d", "e"]),
            ("bash -lc 'make -j4 && make install'", ["make", "make -4j"]),
            ("sudo bash -c \"sh -c 'wc -l x.py'\"", ["wc -l PATH.py"]),
            ("curl -fsSL https://example.org/a.tar.gz -o x.tgz", ["curl -fsSL -o PATH.tgz URL"]),
            ("head -20 x", ["head -NUM"]),
            ("find . -name '*.csv' -mtime 3", ["find -mtime -name NUM PATH PATH.csv"]),
            ("git -C repo commit -m 'fix it'", ["git commit -C -m"]),
            ("for f in *.csv; do gzip \"$f\"; done | tee log.txt", ["gzip", "tee PATH.txt"]),
            ("if test -f x; then echo y; else rm -rf z; fi", ["echo", "rm -fr", "test -f"]),
            ("case $x in a|b) foo;; *) bar -v;; esac; baz", ["bar -v", "baz", "foo"]),
            ("f() { inner --flag; }; f", ["f", "inner --flag"]),
            ("(cd x && make)", ["cd", "make"]),
            ("X=$(date +%s) && echo \"now $(hostname -f)\"", ["date", "echo", "hostname -f"]),
            ("[[ $a == b && -f c ]] && run", ["run"]),
            ("echo $((1 + (2 * 3))) `whoami`", ["echo", "whoami"]),
            ("./tool.sh --deep=3", ["PATH.sh --deep NUM"]),
            ("grep -r 'a;b|c' . # not; a command", ["grep -r PATH"]),
            ("xargs -n 1 gzip -9 < list.txt", ["gzip -NUM"]),
            ("diff <(sort a.txt) b.txt", ["diff PATH.txt", "sort PATH.txt"]),
            ("while read -r l; do echo $l; done < in.txt", ["echo", "read -r"]),
        ]
    )
    func shell(_ line: String, _ expected: [String]) {
        #expect(signatures(line) == expected.sorted())
    }

    @Test func whatIsInstalled() {
        #expect(
            features("pip3 install -q 'pandas==2.1' openpyxl[all] --break-system-packages -r requirements.txt")
                == [
                    "pip install --break-system-packages", "pip install -q", "pip install -r",
                    "pip install openpyxl", "pip install pandas",
                ]
        )
        #expect(features("python3.11 -m pip install Foo_Bar") == ["pip install foo-bar"])
        #expect(features("apt-get install -y jq") == ["apt-get install -y", "apt-get install jq"])
        #expect(features("npm i @scope/x left-pad@1") == ["npm i left-pad"])
    }

    @Test func pythonInAHereDocument() {
        let script = """
            cd work && python3 - <<'EOF'
            import pandas as pd, os.path
            from openpyxl import (load_workbook as load,
                Workbook)
            # pd.never()
            text = "pd.never2()"; long = '''
            pd.never3()'''
            try: import numpy
            except ImportError: pass
            frame = pd.read_excel(load("x").active, f"{pd}")
            os.path.join(
                "a", pd.concat([Workbook()]))
            def load(): pass
            frame.never4()
            EOF
            echo done
            """
        let found = Set(features(script))
        let expected: Set<String> = [
            "cd", "python", "import pandas", "import os", "import openpyxl", "import numpy", "pandas.read_excel()",
            "openpyxl.load_workbook()", "openpyxl.Workbook()", "os.path.join()", "pandas.concat()", "echo",
        ]
        #expect(found == expected)
    }

    @Test func pythonThatIsWritten() {
        #expect(features("cat > run.py <<EOF\nimport json\njson.load(open('a'))\nEOF").contains("json.load()"))
        let action = DistillRequest.Action(
            id: "a",
            kind: .write,
            path: "/w/run.py",
            text: "import csv\ncsv.reader(x)\n"
        )
        #expect(ActionFeatures(action).features == ["csv.reader()", "import csv", "write *.py"])
        let command = DistillRequest.Action(id: "b", kind: .exec, argv: ["python3", "-c", "import csv; csv.reader(1)"])
        #expect(ActionFeatures(command).features == ["csv.reader()", "import csv", "python -c"])
    }

    @Test func statementsKeepTheirText() {
        let script = "cd /w; cat <<'A' > x.txt; sort x.txt | uniq\nbody; not code\nA\nfor i in 1 2\ndo echo $i\ndone"
        let texts = ShellScript(script).statements.map(\.text)
        #expect(
            texts == [
                "cd /w", "cat <<'A' > x.txt\nbody; not code\nA", "sort x.txt | uniq",
                "for i in 1 2\ndo echo $i\ndone",
            ]
        )
        #expect(ShellScript("sort y |\n  uniq && a ||\n b").statements.map(\.text) == ["sort y |\n  uniq", "a ||\n b"])
    }

    @Test func anythingIsTaken() {
        var generator = SplitMix64(seed: 5)
        let pieces = [
            "'", "\"", "`", "$(", ")", "${", "}", "((", "<<EOF", "\n", "|", "&&", ";;", "case", "in", "esac", "for",
            "do",
            "done", "\\", "#", "[[", "]]", "<(", "2>", "&>", "é", "\u{0}", "bash -c", "python - <<X\nimport ", "\"\"\"",
            "x=",
        ]
        for _ in 0..<500 {
            let count = Int.random(in: 1...24, using: &generator)
            let line = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }
                .joined(separator: Bool.random(using: &generator) ? " " : "")
            let found = ActionFeatures(shell: line)
            #expect(found == ActionFeatures(shell: line))
            _ = PythonFeatures.features(of: line)
        }
        // Deep nesting ends.
        let deep = String(repeating: "$(", count: 1_000) + "x" + String(repeating: "bash -c '", count: 500)
        _ = ActionFeatures(shell: deep)
    }

    @Test(
        "Errors",
        arguments: [
            ("ModuleNotFoundError: No module named 'PIL.Image'", "module-missing PIL"),
            ("bash: line 1: fc-list: command not found", "command-missing fc-list"),
            ("sh: 1: jq: not found", "command-missing jq"),
            ("pdftoppm is not installed. Install poppler-utils", "command-missing pdftoppm"),
            ("error: externally-managed-environment\n× This environment …", "pep668"),
            ("cat: data/x.csv: No such file or directory", "file-missing *.csv"),
            ("FileNotFoundError: [Errno 2] No such file or directory: 'a/b.json'", "file-missing *.json"),
            ("ImportError: cannot import name 'soft' from 'x' (/a/b.py)", "import-name soft"),
            ("E: Unable to locate package fonts-x", "package-missing fonts-x"),
            ("mkdir: cannot create directory '/x': Permission denied", "permission"),
            ("Traceback\n  File\nKeyError: 'total 2024'", "exception KeyError: '…'"),
            (
                "ValueError: could not convert string to float: '1,234' in row 17",
                "exception ValueError: could not convert string to float: '…' in row N"
            ),
            ("requests.exceptions.HTTPError: 404 for url", "exception HTTPError: N for url"),
            ("SyntaxError: invalid syntax", "syntax python"),
            ("File content (546KB) exceeds maximum allowed size (256KB).", "too-large"),
        ]
    )
    func errors(_ output: String, _ signature: String) {
        #expect(ErrorSignature(stdout: "", stderr: output)?.text == signature)
        #expect(ErrorSignature(stdout: output, stderr: "")?.text == signature)
    }

    @Test func whatIsNoError() {
        #expect(ErrorSignature(stdout: "all fine\nErrors: 0", stderr: "") == nil)
    }
}
