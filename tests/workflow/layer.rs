//! The disk in memory as one of SQLite's layers to the system (a VFS).

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{mem, ptr, slice, thread};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use super::dice::Dice;
use super::disk::{Change, File, SECTOR, put, with};

const NAME: &CStr = c"windlass-disk";

/// The name to open databases with: registers the layer.
pub(crate) fn name() -> &'static str {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let vfs = Box::leak(Box::new(vfs()));
        // SAFETY: the layer and its name live for ever, and its functions are those below.
        let registered = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(registered, ffi::SQLITE_OK);
    });
    NAME.to_str().expect("it is plain")
}

fn vfs() -> sqlite3_vfs {
    sqlite3_vfs {
        iVersion: 1,
        szOsFile: size_of::<Open>() as c_int,
        mxPathname: 512,
        pNext: ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: None,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

/// What SQLite keeps for each file that it has open.
#[repr(C)]
struct Open {
    base: sqlite3_file,
    id: u64,
    level: c_int,
    has_shm: bool,
    shm_shared: u32,
    shm_exclusive: u32,
}

/// The open file behind a pointer of SQLite's, and the file on the disk.
fn of<R>(file: *mut sqlite3_file, act: impl FnOnce(&mut Open, &mut File) -> R) -> R {
    // SAFETY: SQLite hands out the pointer that `open` filled with an `Open`, to one call at a
    // time.
    let open = unsafe { &mut *file.cast::<Open>() };
    with(|disk| act(open, disk.files.entry(open.id).or_default()))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let name = text(name).unwrap_or_else(|| with(|disk| format!("unnamed-{}", disk.last)));
    let is_new = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let id = with(|disk| (is_new || disk.find(&name).is_some()).then(|| disk.create(&name)));
    let Some(id) = id else { return ffi::SQLITE_CANTOPEN };
    let base = sqlite3_file { pMethods: &raw const METHODS };
    let opened = Open { base, id, level: 0, has_shm: false, shm_shared: 0, shm_exclusive: 0 };
    // SAFETY: SQLite gives room for `szOsFile` bytes, the size of an `Open`; `out` may be null.
    unsafe {
        file.cast::<Open>().write(opened);
        if !out.is_null() {
            *out = flags;
        }
    }
    ffi::SQLITE_OK
}

fn text(name: *const c_char) -> Option<String> {
    // SAFETY: SQLite's names end in a zero and live through the call.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    let name = text(name).unwrap_or_default();
    if with(|disk| disk.names.remove(&name)).is_some() {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_IOERR_DELETE_NOENT
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    out: *mut c_int,
) -> c_int {
    let name = text(name).unwrap_or_default();
    let is_there = with(|disk| disk.find(&name).is_some());
    // SAFETY: SQLite's place for the answer.
    unsafe { *out = c_int::from(is_there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    size: c_int,
    out: *mut c_char,
) -> c_int {
    let name = text(name).unwrap_or_default();
    if name.len() + 1 > size as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `out` has room for `size` bytes.
    unsafe {
        ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len());
        *out.add(name.len()) = 0;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, size: c_int, out: *mut c_char) -> c_int {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut dice = Dice::new(now.as_nanos() as u64);
    // SAFETY: `out` has room for `size` bytes.
    let out = unsafe { slice::from_raw_parts_mut(out.cast::<u8>(), size as usize) };
    out.fill_with(|| dice.below(256) as u8);
    size
}

unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, us: c_int) -> c_int {
    thread::park_timeout(Duration::from_micros(us.unsigned_abs().into()));
    us
}

unsafe extern "C" fn current_time(_: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // SAFETY: SQLite's place for the answer: days, by the Julian count.
    unsafe { *out = 2_440_587.5 + now.as_secs_f64() / 86_400.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    of(file, |open, file| unlock_to(open, file, ffi::SQLITE_LOCK_NONE));
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, size: c_int, at: i64) -> c_int {
    // SAFETY: `to` has room for `size` bytes.
    let to = unsafe { slice::from_raw_parts_mut(to.cast::<u8>(), size as usize) };
    of(file, |_, file| {
        let from = file.now.get(at as usize..).unwrap_or_default();
        let found = from.len().min(to.len());
        to[..found].copy_from_slice(&from[..found]);
        to[found..].fill(0);
        if found == to.len() { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_SHORT_READ }
    })
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    size: c_int,
    at: i64,
) -> c_int {
    // SAFETY: `from` has `size` bytes.
    let from = unsafe { slice::from_raw_parts(from.cast::<u8>(), size as usize) };
    of(file, |_, file| {
        if file.fails.full && at as usize + from.len() > file.now.len() {
            return ffi::SQLITE_FULL;
        }
        put(&mut file.now, at as usize, from);
        file.pending.push(Change::Write(at as usize, from.to_owned()));
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    of(file, |_, file| {
        file.now.truncate(size as usize);
        file.pending.push(Change::Truncate(size as usize));
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    of(file, |_, file| {
        if file.fails.sync {
            return ffi::SQLITE_IOERR_FSYNC;
        }
        file.synced = file.now.clone();
        file.pending.clear();
        file.syncs += 1;
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn size(file: *mut sqlite3_file, out: *mut i64) -> c_int {
    let size = of(file, |_, file| file.now.len());
    // SAFETY: SQLite's place for the answer.
    unsafe { *out = size as i64 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    of(file, |open, file| {
        if open.level >= level {
            return ffi::SQLITE_OK;
        }
        let others_write = file.pending_lock && open.level < ffi::SQLITE_LOCK_PENDING;
        match level {
            ffi::SQLITE_LOCK_SHARED if others_write => return ffi::SQLITE_BUSY,
            ffi::SQLITE_LOCK_SHARED => file.shared += 1,
            ffi::SQLITE_LOCK_RESERVED if file.reserved => return ffi::SQLITE_BUSY,
            ffi::SQLITE_LOCK_RESERVED => file.reserved = true,
            _ if others_write => return ffi::SQLITE_BUSY,
            _ => {
                file.pending_lock = true;
                open.level = ffi::SQLITE_LOCK_PENDING;
                if file.shared > 1 {
                    return ffi::SQLITE_BUSY;
                }
            }
        }
        open.level = level;
        ffi::SQLITE_OK
    })
}

fn unlock_to(open: &mut Open, file: &mut File, level: c_int) {
    if open.level >= ffi::SQLITE_LOCK_RESERVED {
        file.reserved = false;
    }
    if open.level >= ffi::SQLITE_LOCK_PENDING {
        file.pending_lock = false;
    }
    if open.level >= ffi::SQLITE_LOCK_SHARED && level == ffi::SQLITE_LOCK_NONE {
        file.shared -= 1;
    }
    open.level = open.level.min(level);
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    of(file, |open, file| unlock_to(open, file, level));
    ffi::SQLITE_OK
}

unsafe extern "C" fn is_reserved(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    let is_reserved = of(file, |_, file| file.reserved || file.pending_lock);
    // SAFETY: SQLite's place for the answer.
    unsafe { *out = c_int::from(is_reserved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    SECTOR as c_int
}

/// It promises nothing: no write is atomic, and none leaves the rest of its sector alone.
unsafe extern "C" fn promises(_: *mut sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let region = of(file, |open, file| {
        if !mem::replace(&mut open.has_shm, true) {
            file.shm_users += 1;
        }
        while extend != 0 && file.shm.len() <= page as usize {
            file.shm.push(vec![0; size as usize].into_boxed_slice());
        }
        file.shm.get_mut(page as usize).map_or(ptr::null_mut(), |region| region.as_mut_ptr())
    });
    // SAFETY: SQLite's place for the answer. A region stays where it is until its last user is
    // gone.
    unsafe { *out = region.cast() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let places = first as usize..(first + count) as usize;
    let bits = ((1_u32 << count) - 1) << first;
    let is_exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    of(file, |open, file| {
        let locks = &mut file.shm_locks[places];
        let own = if is_exclusive { &mut open.shm_exclusive } else { &mut open.shm_shared };
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            if *own & bits != 0 {
                locks.iter_mut().for_each(|lock| *lock = if is_exclusive { 0 } else { *lock - 1 });
                *own &= !bits;
            }
            return ffi::SQLITE_OK;
        }
        if *own & bits == bits {
            return ffi::SQLITE_OK;
        }
        if locks.iter().any(|lock| *lock < 0 || (is_exclusive && *lock > 0)) {
            return ffi::SQLITE_BUSY;
        }
        locks.iter_mut().for_each(|lock| *lock = if is_exclusive { -1 } else { *lock + 1 });
        *own |= bits;
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn shm_barrier(_: *mut sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    of(file, |open, file| {
        if mem::replace(&mut open.has_shm, false) {
            file.shm_users -= 1;
        }
        if file.shm_users == 0 {
            file.shm.clear();
            file.shm_locks = [0; 8];
        }
    });
    ffi::SQLITE_OK
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(promises),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
