// Foreign keys, asked afterwards: operations are applied with them off, since the log holds what they caused.

import CSQLite
public import Vocabulary

extension Connection {
    /// How many rows refer to a row that does not exist, counted up to `limit`. Compare before and after: a database may
    /// hold such rows since ever. Reads every table with foreign keys; ends with error 1406 on Stop.
    public func foreignKeyViolations(limit: Int = .max, _ job: Job = Job()) throws(Failure) -> Int {
        try stopping(with: job) { () throws(DatabaseError) in
            let check = try prepare("PRAGMA main.foreign_key_check")
            var count = 0
            while count < limit, try check.step() { count += 1 }
            return count
        }
    }
}
