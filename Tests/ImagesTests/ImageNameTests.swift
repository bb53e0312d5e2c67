import Tasks
import Testing

@Suite struct ImageNameTests {
    @Test("Docker's ways of writing a name are one name")
    func normal() {
        #expect(ImageName("debian")?.description == "debian:latest")
        #expect(ImageName("docker.io/library/debian:12") == ImageName("debian:12"))
        #expect(ImageName("registry.example:5000/team/base")?.description == "registry.example:5000/team/base:latest")
        #expect(ImageName("a/b_c.d-e:V1.0")?.description == "a/b_c.d-e:V1.0")
    }

    @Test(
        "What is no name is none",
        arguments: [
            "", "host", "host:latest", "dir:/srv", "../x", "a//b", "a/../b", "A", "a:", "a:-x", "a:b:c", "/a", "a/",
            "a b", "a@sha256:00", "-a", "a..b",
        ]
    )
    func none(_ text: String) {
        #expect(ImageName(text) == nil)
    }
}
