// Days of the Gregorian calendar as numbers, and months as numbers: what schedules count with. Day 0 is Monday,
// 2001-01-01, and month 0 is January 2001.

/// A date without a time or zone.
struct CivilDate: Equatable {
    var year: Int64
    /// 1 to 12.
    var month: Int64
    /// 1 to 31.
    var day: Int64

    /// Seconds from 1970-01-01 to day 0.
    static let epoch: Int64 = 978_307_200

    /// The month's number.
    var monthNumber: Int64 { (year - 2001) * 12 + month - 1 }

    /// The date of a day's number.
    init(dayNumber: Int64) {
        // Years are counted from March, so that the leap day is the last of its year; 400 years have 146,097 days.
        let shifted = dayNumber + 730_791  // from 0000-03-01
        let era = shifted.floored(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The number of a day of a month; a day that the month does not have is its last one.
    static func dayNumber(month: Int64, day: Int64) -> Int64 {
        let first = firstDay(ofMonth: month)
        return first + min(max(day, 1), firstDay(ofMonth: month + 1) - first) - 1
    }

    private static func firstDay(ofMonth month: Int64) -> Int64 {
        let fromMarch = month + 2001 * 12 - 2
        let year = fromMarch.floored(by: 12)
        let inYear = fromMarch - year * 12
        return year * 365 + year.floored(by: 4) - year.floored(by: 100) + year.floored(by: 400) + (153 * inYear + 2) / 5 - 730_791
    }
}

extension Int64 {
    /// The quotient rounded towards the past.
    func floored(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
