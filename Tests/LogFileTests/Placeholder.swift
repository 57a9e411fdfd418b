import Testing
@testable import LogFile
