// Modification times in ZIP records: MS-DOS date and time, two seconds fine, and the Unix time in extra field 0x5455.
// Both are derived from UTC so that an archive's bytes do not depend on where it was made.

struct ZipTime: Equatable {
    var date: UInt16
    var time: UInt16

    /// - Parameter seconds: since 1970-01-01 UTC; times outside 1980...2107 become the nearest that DOS can say.
    init(seconds: Int64) {
        let clamped = min(max(seconds, 315_532_800), 4_354_819_198)
        let days = clamped / 86_400
        let rest = clamped % 86_400
        // Civil date from days: counts from 0000-03-01 in eras of 400 years.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        date = UInt16((year - 1980) << 9 | month << 5 | day)
        time = UInt16((rest / 3600) << 11 | (rest / 60 % 60) << 5 | (rest % 60) / 2)
    }
}
