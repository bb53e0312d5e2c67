import Glibc

/// The symbol of an error number that file and program actions meet; see errno(3).
func errorName(_ code: Int32) -> String {
    switch code {
    case E2BIG: "E2BIG"
    case EACCES: "EACCES"
    case EBUSY: "EBUSY"
    case EDQUOT: "EDQUOT"
    case EEXIST: "EEXIST"
    case EFBIG: "EFBIG"
    case EINVAL: "EINVAL"
    case EIO: "EIO"
    case EISDIR: "EISDIR"
    case ELOOP: "ELOOP"
    case EMFILE: "EMFILE"
    case EMLINK: "EMLINK"
    case ENAMETOOLONG: "ENAMETOOLONG"
    case ENODEV: "ENODEV"
    case ENOENT: "ENOENT"
    case ENOEXEC: "ENOEXEC"
    case ENOMEM: "ENOMEM"
    case ENOSPC: "ENOSPC"
    case ENOTDIR: "ENOTDIR"
    case ENOTEMPTY: "ENOTEMPTY"
    case ENXIO: "ENXIO"
    case EPERM: "EPERM"
    case EPIPE: "EPIPE"
    case EROFS: "EROFS"
    case ETXTBSY: "ETXTBSY"
    case EXDEV: "EXDEV"
    default: "errno \(code)"
    }
}
