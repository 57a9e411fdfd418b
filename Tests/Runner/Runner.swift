// Runs the tests that it is linked with: scripts/differential.sh builds it with optimisation, for tests that run for hours.

import Testing

@main
struct Runner {
    static func main() async { await Testing.__swiftPMEntryPoint() as Never }
}
