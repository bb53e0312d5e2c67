import FoundationEssentials
package import Wire

/// Per-test results from a CTRF report (ctrf.io), as pytest-json-ctrf and our own tasks write it.
///
/// - Returns: no results when the report is missing or malformed: it informs, it does not decide.
package func readCTRF(_ bytes: [UInt8]?) -> [TestResult] {
    guard let bytes, let report = try? JSONDecoder().decode(CTRF.self, from: Data(bytes)) else { return [] }
    return report.results.tests.prefix(2000).map { test in
        TestResult(
            name: String(test.name.prefix(300)),
            status: TestResult.Status(rawValue: test.status) ?? .other,
            durationMilliseconds: test.duration,
            message: (test.message ?? test.trace).map { String($0.prefix(2000)) }
        )
    }
}

private struct CTRF: Decodable {
    let results: Results

    struct Results: Decodable {
        let tests: [Test]
    }

    struct Test: Decodable {
        let name: String
        let status: String
        let duration: Double?
        let message: String?
        let trace: String?
    }
}
