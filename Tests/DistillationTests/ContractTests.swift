import Distillation
import FoundationEssentials
import Testing

/// What goes to a distiller and what comes back.
struct ContractTests {
    @Test func aForeignSchemaIsRefused() {
        let text =
            #"{"schema":"executord.distill.response/2","request_id":"r","plugin":{"name":"x","version":"1"},"proposals":[]}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(DistillResponse.self, from: Data(text.utf8))
        }
    }
}
