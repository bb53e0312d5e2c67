import CFuzzer
import Glibc

/// What can be fuzzed: one decoder of bytes that somebody untrusted writes.
enum FuzzTarget: String, CaseIterable {
    case frames
    case plan
    case task
    case tar
    case atif
    case skill

    /// Decodes; what the decoder must not do ends the program.
    func run(_ bytes: [UInt8]) {
        switch self {
        case .frames: FrameTarget.run(bytes)
        case .plan: PlanTarget.run(bytes)
        case .task: TaskTarget.run(bytes)
        case .tar: TarTarget.run(bytes)
        case .atif: ReplayTarget.run(bytes)
        case .skill: SkillTarget.run(bytes)
        }
    }
}

/// `fuzz TARGET [LIBFUZZER-OPTION...] [CORPUS...]`; see scripts/fuzz.
///
/// libFuzzer comes with a main of its own; whichever of the two the linker takes does the same.
@main
struct Fuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzOne))
    }

    static let target = CommandLine.arguments.dropFirst().first.flatMap(FuzzTarget.init)
}

/// Called by libFuzzer before it reads its arguments: words without a dash are corpora, and the target's name is none.
@_cdecl("LLVMFuzzerInitialize")
func prepareFuzzing(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
    guard Fuzz.target != nil, let words = arguments.pointee else {
        print("fuzz: name one of", FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))
        exit(2)
    }
    for index in 2..<max(Int(count.pointee), 2) { words[index - 1] = words[index] }
    count.pointee -= 1
    words[Int(count.pointee)] = nil
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    Fuzz.target?.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}

/// A decoder's promise; broken, it is a finding.
func promise(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard !holds else { return }
    print("broken promise:", what())
    abort()
}
