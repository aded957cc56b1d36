using System.Diagnostics;
using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Nfs.Mount;
using Pentode.Nfs.Portmap;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.V2;
using Pentode.Nfs.V3;
using Pentode.Uring;

namespace Pentode.Nfs.Server;

/// <summary>
/// One loop's share of the server: takes calls from its transports to their programs, and keeps the objects and files that handles in use lead
/// to. Everything on the loop's thread.
/// </summary>
internal sealed partial class NfsLoop
{
    private readonly IRpcProgram[] _programs;

    public NfsLoop(NfsServer server, IoLoop loop)
    {
        Server = server;
        Loop = loop;
        Signer = new HandleSigner(server.Options.HandleKey);
        _programs = [new Nfs3Program(this), new Nfs2Program(this), new MountProgram(this), new PortmapProgram(this)];
        _sweep = new SweepTimer(this);
    }

    public NfsServer Server { get; }

    public IoLoop Loop { get; }

    public NfsCounts Counts { get; } = new();

    public HandleSigner Signer { get; }

    private NfsServerOptions Options => Server.Options;

    /// <summary>Runs a call; true when it has ended, false when <see cref="IRpcTransport.Continue"/> will be called.</summary>
    public bool Run(RpcCall call, in RpcCallHeader header, CredentialCache credentials)
    {
        (call.Xid, call.Program, call.Version, call.Procedure) = (header.Xid, header.Program, header.Version, header.Procedure);
        (call.IsAnswered, call.Status, call.Cached, call.KnownAttributes) = (false, 0, null, null);
        if (Options.Trace)
            call.StartedAt = Stopwatch.GetTimestamp();
        if (header.RpcVersion != 2)
        {
            Deny(call, RpcConstants.RpcMismatch, 2);
            return true;
        }

        if (Authenticate(call, header, credentials) is not 0 and var problem)
        {
            Deny(call, RpcConstants.AuthError, problem);
            return true;
        }

        if (FindProgram(call) is not { } program || IsReplayed(call, program))
        {
            End(call);
            return true;
        }

        try
        {
            var task = program.Run(call);
            if (!task.IsCompleted)
            {
                call.Await(task);
                return false;
            }

            task.GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // One call's bug must not end the daemon.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(call, e);
        }

        End(call);
        return true;
    }

    /// <summary>The handler of a call that <see cref="Run"/> left under way has ended.</summary>
    public void Finish(RpcCall call)
    {
        try
        {
            call.TakeResult();
        }
#pragma warning disable CA1031 // One call's bug must not end the daemon.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(call, e);
        }

        End(call);
    }

    private static uint Authenticate(RpcCall call, in RpcCallHeader header, CredentialCache credentials)
    {
        call.HasUser = header.Flavor == RpcConstants.FlavorSys;
        if (!call.HasUser)
        {
            call.Who = Credentials.Nobody;
            return header.Flavor == RpcConstants.FlavorNone ? 0 : RpcConstants.BadCredentials;
        }

        if (credentials.Find(header.Credentials) is not { } who)
            return RpcConstants.BadCredentials;
        call.Who = who;
        return 0;
    }

    private IRpcProgram? FindProgram(RpcCall call)
    {
        var (low, high) = (uint.MaxValue, 0u);
        foreach (var program in _programs)
        {
            if (program.Number != call.Program)
                continue;
            if (call.Version >= program.LowestVersion && call.Version <= program.HighestVersion)
            {
                if (call.Procedure >= (uint)program.ProceduresOf(call.Version))
                    call.Answer(AcceptStatus.ProcedureUnavailable);
                else if (!call.HasUser && !Options.AllowNoCredentials && !program.IsOpenToAll(call))
                    Deny(call, RpcConstants.AuthError, RpcConstants.TooWeak);
                else
                    return program;
                return null;
            }

            (low, high) = (Math.Min(low, program.LowestVersion), Math.Max(high, program.HighestVersion));
        }

        if (high == 0)
        {
            call.Answer(AcceptStatus.ProgramUnavailable);
            return null;
        }

        call.Status = uint.MaxValue;
        var writer = call.Begin(8, AcceptStatus.ProgramMismatch);
        writer.U32(low);
        writer.U32(high);
        call.End(writer);
        return null;
    }

    /// <summary>True when the call was seen before: it has had its answer, or gets the one it had, or is still being done.</summary>
    private bool IsReplayed(RpcCall call, IRpcProgram program)
    {
        if (!program.MustNotRepeat(call))
            return false;
        var key = new ReplyKey(call.Xid, call.Program, call.Version, call.Procedure, ReplyCache.Hash(call.Who.Uid, call.Arguments.Span));
        call.Cached = call.Client.Replies.Begin(key, Loop.NowMs, out var copy);
        if (copy is null)
            return WasDone(call, program, key);
        Server.Replayed?.Add();
        call.IsAnswered = true;
        if (copy.Length == 0)
            return true;
        var mark = call.Transport.MarkSize;
        copy.CopyTo(call.Transport.Reserve(mark + copy.Length)[mark..]);
        call.Transport.Commit(call, mark + copy.Length);
        return true;
    }

    /// <summary>
    /// For trees that remember calls themselves: has the call made in its name, so that what of it was done before a crash is not done again; true when all of it was, and it is
    /// answered.
    /// </summary>
    private bool WasDone(RpcCall call, IRpcProgram program, in ReplyKey key)
    {
        if (!FileHandle.TryRead(program.FirstHandle(call), out var export, out _) || call.Client.GrantOf(export) is not { Volume: { RemembersCalls: true } volume })
            return false;
        var identity = new CallIdentity(key.ToBytes(call.Client.Address));
        if (volume.WasCalled(identity.Key.Span) && program.AnswerDone(call))
        {
            Server.Replayed?.Add();
            return true;
        }

        call.Who = call.Who.In(identity);
        return false;
    }

    private static void Deny(RpcCall call, uint why, uint detail)
    {
        call.Status = uint.MaxValue;
        call.IsAnswered = true;
        var mark = call.Transport.MarkSize;
        var size = mark + (why == RpcConstants.RpcMismatch ? 24 : 20);
        var writer = new XdrWriter(call.Transport.Reserve(size)[mark..]);
        writer.U32(call.Xid);
        writer.U32(RpcConstants.Reply);
        writer.U32(RpcConstants.Denied);
        writer.U32(why);
        writer.U32(detail);
        if (why == RpcConstants.RpcMismatch)
            writer.U32(detail);
        call.Transport.Commit(call, size);
    }

    /// <summary>A bug: logged, and SYSTEM_ERR for the client unless it has its answer already.</summary>
    private void Failed(RpcCall call, Exception e)
    {
        Options.Log.Write(LogLevel.Error, $"nfs: {NfsCounts.NameOf(call.Program, call.Version, call.Procedure)} failed: {e}");
        if (!call.IsAnswered)
            call.Answer(AcceptStatus.SystemError);
    }

    private void End(RpcCall call)
    {
        if (!call.IsAnswered && call.Cached is { } place)
            call.Client.Replies.Abandon(place);
        call.Cached = null;
        Counts.Count(call.Program, call.Version, call.Procedure, call.Status != 0);
        foreach (var used in call.Objects)
            Release(used);
        call.Objects.Clear();
        call.Buffer?.Release();
        call.Buffer = null;
        if (Options.Trace)
        {
            var usec = Stopwatch.GetElapsedTime(call.StartedAt).TotalMicroseconds;
            Options.Log.Write(LogLevel.Info,
                $"nfs: {call.Client.Address} v{call.Version} {NfsCounts.NameOf(call.Program, call.Version, call.Procedure)} uid {call.Who.Uid}: {call.Status} in {usec:F0} us");
        }
    }
}
