using System.Collections.Concurrent;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>
/// A client of one etcd v3 cluster: unary calls with a deadline each, fail-over between members, users with token refresh, a check that every
/// answer comes from the same cluster. A read goes on to the next member when one does not answer; a write does so only while it is certain
/// that nothing was sent or applied. Failures are values. Thread safe.
/// </summary>
internal sealed class EtcdClient : IDisposable
{
    private readonly EtcdMember[] _members;
    private readonly ConcurrentDictionary<EtcdMember, Version> _verified = new();
    private readonly EtcdOptions _options;
    private readonly ILog _log;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _authenticating = new(1, 1);
    private volatile string _token = "";
    private volatile int _preferred;
    private long _clusterId;
    private long _calls;

    /// <summary>Prepares; connects with the first call. Unreadable certificates throw (start-up).</summary>
    public EtcdClient(EtcdOptions options, ILog log, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.Endpoints.Count);
        _options = options;
        _log = log;
        _time = time ?? TimeProvider.System;
        _clusterId = (long)options.ClusterId;
        _members = [.. options.Endpoints.Select(e => new EtcdMember(e, options))];
    }

    /// <summary>Id of the cluster; 0 before the first answer.</summary>
    public ulong ClusterId => (ulong)Volatile.Read(ref _clusterId);

    /// <summary>Calls sent since the start, Txn and Range only: engine round trips.</summary>
    public long RoundTrips => Volatile.Read(ref _calls);

    /// <summary>The options.</summary>
    public EtcdOptions Options => _options;

    /// <summary>Reads keys, linearizably unless the request says otherwise.</summary>
    public Task<EtcdReply<RangeResponse>> RangeAsync(RangeRequest request, CancellationToken cancellation)
    {
        var writer = new ProtoWriter();
        request.Write(writer);
        return CallAsync(EtcdPaths.Range, writer.ToArray(), isWrite: false, static m => RangeResponse.Read(m), static r => r.Header, cancellation);
    }

    /// <summary>Runs a transaction.</summary>
    public Task<EtcdReply<TxnResponse>> TxnAsync(TxnRequest request, CancellationToken cancellation)
    {
        var writer = new ProtoWriter();
        request.Write(writer);
        return CallAsync(EtcdPaths.Txn, writer.ToArray(), request.IsWrite, static m => TxnResponse.Read(m), static r => r.Header, cancellation);
    }

    /// <summary>Forgets history before a revision.</summary>
    public async Task<Errno> CompactAsync(long revision, CancellationToken cancellation)
    {
        var reply = await CallAsync(
            EtcdPaths.Compact, new CompactionRequest(revision, Physical: false).ToArray(), isWrite: true, static _ => "", static _ => default, cancellation).ConfigureAwait(false);
        return reply.Error;
    }

    /// <summary>Alarms that are raised.</summary>
    public Task<EtcdReply<IReadOnlyList<EtcdAlarm>>> AlarmsAsync(CancellationToken cancellation) =>
        CallAsync(EtcdPaths.Alarm, EtcdAlarm.ListRequest, isWrite: false, static m => EtcdAlarm.ReadList(m), static _ => default, cancellation);

    /// <summary>Takes an alarm back.</summary>
    public async Task<Errno> DisarmAsync(EtcdAlarm alarm, CancellationToken cancellation)
    {
        var reply = await CallAsync(EtcdPaths.Alarm, alarm.ToDisarmRequest(), isWrite: true, static m => EtcdAlarm.ReadList(m), static _ => default, cancellation).ConfigureAwait(false);
        return reply.Error;
    }

    /// <summary>Members of the cluster as it knows them itself.</summary>
    public Task<EtcdReply<IReadOnlyList<EtcdMemberInfo>>> MembersAsync(CancellationToken cancellation) =>
        CallAsync(EtcdPaths.MemberList, ReadOnlyMemory<byte>.Empty, isWrite: false, static m => EtcdMemberInfo.ReadList(m), static _ => default, cancellation);

    /// <summary>Asks every endpoint for its status, at the same time.</summary>
    public async Task<IReadOnlyList<EtcdMemberStatus>> StatusAsync(CancellationToken cancellation) =>
        await Task.WhenAll(_members.Select(m => StatusOfAsync(m, cancellation))).ConfigureAwait(false);

    /// <summary>Opens a stream to the preferred member, checked first; null with the cause when none answers.</summary>
    public async Task<(GrpcStream? Stream, Uri? Endpoint, string Problem)> OpenStreamAsync(string path, CancellationToken cancellation)
    {
        var problem = "";
        for (var i = 0; i < _members.Length; i++)
        {
            var member = _members[_preferred % _members.Length];
            var refused = await VerifyAsync(member, cancellation).ConfigureAwait(false);
            if (refused.Code == GrpcCode.Ok && (_options.User.Length == 0 || _token.Length > 0 || (await RefreshTokenAsync(member, "", cancellation).ConfigureAwait(false)).Code == GrpcCode.Ok))
                return (member.OpenStream(path, _token, cancellation), member.Endpoint, "");
            problem = $"{member.Endpoint}: {refused.Message}";
            Leave(member);
        }

        return (null, null, problem);
    }

    /// <summary>Prefers another member from now on if <paramref name="endpoint"/> is the preferred one.</summary>
    public void Leave(Uri endpoint) => Leave(_members.First(m => m.Endpoint == endpoint));

    /// <summary>Forgets the token: the next call asks for a new one.</summary>
    public void ForgetToken() => _token = "";

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var member in _members)
            member.Dispose();
        _authenticating.Dispose();
    }

    private async Task<EtcdReply<T>> CallAsync<T>(
        string path, ReadOnlyMemory<byte> message, bool isWrite, Func<byte[], T?> decode, Func<T, EtcdHeader> header, CancellationToken cancellation)
        where T : class
    {
        var last = default(GrpcReply);
        var text = "";
        var counted = path is EtcdPaths.Txn or EtcdPaths.Range;
        for (var i = 0; i < _members.Length && !cancellation.IsCancellationRequested; i++)
        {
            var member = _members[_preferred % _members.Length];
            last = await VerifyAsync(member, cancellation).ConfigureAwait(false);
            var verified = last.Code == GrpcCode.Ok;
            if (verified)
            {
                if (counted)
                    Interlocked.Increment(ref _calls);
                last = await CallMemberAsync(member, path, message, cancellation).ConfigureAwait(false);
            }

            text = $"{member.Endpoint}: {last.Message}";
            if (last.Code == GrpcCode.Ok)
            {
                if (decode(last.Payload) is not { } value)
                    return new EtcdReply<T>(isWrite ? EtcdOutcome.Unknown : EtcdOutcome.NotApplied, null, Errno.EIO, $"{member.Endpoint}: an answer that does not decode");
                if (BelongsToAnother(header(value).ClusterId))
                    return AnotherCluster<T>(member, header(value).ClusterId);
                return new EtcdReply<T>(EtcdOutcome.Answered, value, Errno.None, "");
            }

            var outcome = verified ? EtcdErrors.Outcome(last) : EtcdOutcome.NotApplied;
            if (!EtcdErrors.IsMembersFault(last) && verified)
                return new EtcdReply<T>(outcome, null, EtcdErrors.ToErrno(last), text);
            Leave(member);
            if (isWrite && outcome == EtcdOutcome.Unknown)
                return new EtcdReply<T>(outcome, null, EtcdErrors.ToErrno(last), text);
        }

        return last.Code == GrpcCode.Ok
            ? new EtcdReply<T>(EtcdOutcome.NotApplied, null, Errno.ECANCELED, "cancelled")
            : new EtcdReply<T>(EtcdOutcome.NotApplied, null, EtcdErrors.ToErrno(last), text);
    }

    private static EtcdReply<T> AnotherCluster<T>(EtcdMember member, ulong id)
        where T : class =>
        new(EtcdOutcome.NotApplied, null, Errno.EXDEV, $"{member.Endpoint}: answers from another cluster ({id:x})");

    private async Task<GrpcReply> CallMemberAsync(EtcdMember member, string path, ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        if (_options.User.Length == 0)
            return await member.CallAsync(path, message, _options.CallTimeoutMs, "", cancellation).ConfigureAwait(false);
        var reply = default(GrpcReply);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var token = _token;
            if (token.Length == 0)
            {
                reply = await RefreshTokenAsync(member, token, cancellation).ConfigureAwait(false);
                if (reply.Code != GrpcCode.Ok)
                    return reply with { Sent = false };
                token = _token;
            }

            reply = await member.CallAsync(path, message, _options.CallTimeoutMs, token, cancellation).ConfigureAwait(false);
            if (!EtcdErrors.WantsToken(reply))
                return reply;
            if (_token == token)
                _token = "";
        }

        return reply;
    }

    private async Task<GrpcReply> RefreshTokenAsync(EtcdMember member, string seen, CancellationToken cancellation)
    {
        try
        {
            await _authenticating.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new GrpcReply(GrpcCode.Cancelled, Sent: false, "cancelled", []);
        }

        try
        {
            if (_token != seen && _token.Length > 0)
                return new GrpcReply(GrpcCode.Ok, Sent: true, "", []);
            var reply = await member.CallAsync(
                EtcdPaths.Authenticate, new AuthenticateRequest(_options.User, _options.Password).ToArray(), _options.CallTimeoutMs, "", cancellation).ConfigureAwait(false);
            if (reply.Code != GrpcCode.Ok)
                return reply.Code is GrpcCode.InvalidArgument or GrpcCode.FailedPrecondition
                    ? reply with { Code = GrpcCode.Unauthenticated, Message = $"user {_options.User}: {reply.Message}" }
                    : reply;
            if (AuthenticateRequest.ReadToken(reply.Payload) is not { Length: > 0 } token)
                return new GrpcReply(GrpcCode.Internal, Sent: true, "an answer to Authenticate without a token", []);
            _token = token;
            return reply;
        }
        finally
        {
            _authenticating.Release();
        }
    }

    private async Task<EtcdMemberStatus> StatusOfAsync(EtcdMember member, CancellationToken cancellation)
    {
        var start = _time.GetTimestamp();
        var reply = await member.CallAsync(EtcdPaths.Status, ReadOnlyMemory<byte>.Empty, _options.CallTimeoutMs, _token, cancellation).ConfigureAwait(false);
        var latency = _time.GetElapsedTime(start).TotalMilliseconds;
        if (reply.Code != GrpcCode.Ok)
            return new EtcdMemberStatus(member.Endpoint, null, latency, EtcdErrors.ToErrno(reply), reply.Message);
        if (StatusResponse.Read(reply.Payload) is not { } status)
            return new EtcdMemberStatus(member.Endpoint, null, latency, Errno.EIO, "a status that does not decode");
        if (BelongsToAnother(status.Header.ClusterId))
            return new EtcdMemberStatus(member.Endpoint, status, latency, Errno.EXDEV, $"belongs to another cluster ({status.Header.ClusterId:x}, not {ClusterId:x})");
        if (EtcdVersion.Parse(status.Version) is not { } version)
            return new EtcdMemberStatus(member.Endpoint, status, latency, Errno.EPROTONOSUPPORT, $"has a version that is no number: {status.Version}");
        return EtcdVersion.IsRefused(version)
            ? new EtcdMemberStatus(member.Endpoint, status, latency, Errno.EPROTONOSUPPORT, EtcdVersion.Warning(version)!)
            : new EtcdMemberStatus(member.Endpoint, status, latency, Errno.None, "");
    }

    /// <summary>Asks a member for cluster and version before it is used the first time.</summary>
    private async Task<GrpcReply> VerifyAsync(EtcdMember member, CancellationToken cancellation)
    {
        if (_verified.ContainsKey(member))
            return new GrpcReply(GrpcCode.Ok, Sent: true, "", []);
        var status = await StatusOfAsync(member, cancellation).ConfigureAwait(false);
        switch (status.Error)
        {
            case Errno.None:
                var version = EtcdVersion.Parse(status.Status!.Version)!;
                if (_verified.TryAdd(member, version) && EtcdVersion.Warning(version) is { } warning)
                    _log.Write(LogLevel.Warning, $"{member.Endpoint}: {warning}");
                return new GrpcReply(GrpcCode.Ok, Sent: true, "", []);
            case Errno.EXDEV:
                _log.Write(LogLevel.Error, $"{member.Endpoint}: {status.Problem}; it is not used");
                return new GrpcReply(GrpcCode.PermissionDenied, Sent: false, status.Problem, []);
            case Errno.EPROTONOSUPPORT:
                _log.Write(LogLevel.Error, $"{member.Endpoint}: {status.Problem}; it is not used");
                return new GrpcReply(GrpcCode.Unimplemented, Sent: false, status.Problem, []);
            case Errno.EACCES:
                return new GrpcReply(GrpcCode.Unauthenticated, Sent: false, status.Problem, []);
            default:
                return new GrpcReply(GrpcCode.Unavailable, Sent: false, status.Problem, []);
        }
    }

    private bool BelongsToAnother(ulong id)
    {
        if (id == 0)
            return false;
        var known = (ulong)Interlocked.CompareExchange(ref _clusterId, (long)id, 0);
        return known != 0 && known != id;
    }

    private void Leave(EtcdMember member)
    {
        var preferred = _preferred;
        if (_members[preferred % _members.Length] == member)
            Interlocked.CompareExchange(ref _preferred, (preferred + 1) % _members.Length, preferred);
    }
}
