@main
struct Executorctl {
    static func main() {}
}
