"""Which file system is this path on? By its mount, as Linux lists them; elsewhere nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

REMOTE: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"}
)
"""Kinds that lie behind a network."""

_TABLE: Final = Path("/proc/self/mountinfo")


def kind_of(path: Path, table: Path = _TABLE) -> str:
    """The kind of file system that holds an existing path, such as ext4; empty where that cannot be known.

    `table` is in the form of /proc/self/mountinfo: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    """
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return ""
    place, found, depth = path.resolve(), "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        mount = Path(before.split()[4].encode().decode("unicode_escape"))
        # The last of several mounts over one place is the one that is seen.
        if (mount == place or mount in place.parents) and len(mount.parts) >= depth:
            found, depth = after.split()[0], len(mount.parts)
    return found
