// libFuzzer's way in (scripts/fuzz.sh): the target is named by MSC_FUZZ_TARGET. A finding ends the process, and libFuzzer keeps
// the input.

import FuzzTargets
import Glibc

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    do { try Bench.target.run(input, in: Bench.folder) } catch {
        say("finding: \(error)")
        abort()
    }
    return 0
}

private func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(2, bytes, bytes.count)
}

private enum Bench {
    static let target: FuzzTarget = {
        guard let name = getenv("MSC_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
            say("MSC_FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(2)
        }
        return target
    }()

    static let folder: String = {
        let path = "/dev/shm/msc-libfuzzer-\(getpid())"
        mkdir(path, 0o700)
        return path
    }()
}
