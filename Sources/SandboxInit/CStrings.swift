import Glibc

/// Ends with a NULL, as execve(2) takes it.
typealias CStringArray = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// An array of C strings, for as long as this lives.
struct CStrings: ~Copyable {
    let pointer: CStringArray
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointer = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointer + index).initialize(to: strdup(string)) }
        (pointer + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointer[index]) }
        pointer.deallocate()
    }
}
