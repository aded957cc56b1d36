namespace Pentode.Rings.Server;

/// <summary>
/// What clients of both protocols hold together: connections, and descriptors of the process. One quota holds for both. Any thread; the lock
/// is for connections that come and go.
/// </summary>
/// <param name="options">Those of the server.</param>
/// <param name="room">Descriptors there are for clients.</param>
internal sealed class RingsHoldings(RingsServerOptions options, int room)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, RingsUser> _users = [];
    private int _clients;
    private int _descriptors;

    /// <summary>Connections.</summary>
    public int Clients => Volatile.Read(ref _clients);

    /// <summary>Users somebody remembers; for tests.</summary>
    public int Users
    {
        get
        {
            lock (_gate)
                return _users.Count;
        }
    }

    /// <summary>Descriptors held or kept for.</summary>
    public int Descriptors => Volatile.Read(ref _descriptors);

    /// <summary>Whether so many more descriptors leave the process some to breathe.</summary>
    public bool HasRoom(int count) => Descriptors + count <= room;

    /// <summary>A place for one more connection of a user, with the descriptors it may need, or null when there is none.</summary>
    public RingsUser? TryEnter(uint uid, int descriptors, out bool hasUserAll)
    {
        lock (_gate)
        {
            var user = _users.GetValueOrDefault(uid) ?? new RingsUser(uid);
            hasUserAll = options.PerUserClients > 0 && user.Clients >= options.PerUserClients;
            if (hasUserAll || _clients >= options.MaxClients || !TryTakeDescriptors(descriptors))
                return null;
            _users[uid] = user;
            user.Clients++;
            Interlocked.Increment(ref _clients);
            return user;
        }
    }

    /// <summary>A connection is over, and its place free for others.</summary>
    public void LeavePlace() => Interlocked.Decrement(ref _clients);

    /// <summary>All of a connection is over, and its user may have another.</summary>
    public void Leave(RingsUser user, int descriptors)
    {
        GiveDescriptors(descriptors);
        lock (_gate)
            user.Clients--;
        Forget(user);
    }

    /// <summary>Forgets a user who holds nothing any more.</summary>
    public void Forget(RingsUser user)
    {
        lock (_gate)
        {
            if (user.IsIdle && ReferenceEquals(_users.GetValueOrDefault(user.Uid), user))
                _users.Remove(user.Uid);
        }
    }

    /// <summary>Keeps descriptors for a connection.</summary>
    public bool TryTakeDescriptors(int count)
    {
        if (Interlocked.Add(ref _descriptors, count) <= room)
            return true;
        GiveDescriptors(count);
        return false;
    }

    public void GiveDescriptors(int count) => Interlocked.Add(ref _descriptors, -count);

    /// <summary>Whether a user could take one more slot; <see cref="TryTakeFile"/> decides.</summary>
    public bool HasRoomFor(RingsUser user) => HasRoom(1) && (options.PerUserFds == 0 || user.Files < options.PerUserFds);

    /// <summary>Takes a slot for a descriptor from the user and the process.</summary>
    public bool TryTakeFile(RingsUser user)
    {
        if (!TryTakeDescriptors(1))
            return false;
        if (user.TryTakeFile(options.PerUserFds))
            return true;
        GiveDescriptors(1);
        return false;
    }

    public void GiveFile(RingsUser user)
    {
        GiveDescriptors(1);
        user.GiveFile();
    }
}
