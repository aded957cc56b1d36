namespace Pentode.Rings.Server.V2;

/// <summary>A connection that asked for protocol 2, on its way to the engine, which owns the socket from now on.</summary>
/// <param name="Socket">Its socket; nothing was answered yet.</param>
/// <param name="Peer">Who connected.</param>
/// <param name="Groups">Supplementary groups of the peer.</param>
/// <param name="User">Its user, who holds a connection for it.</param>
internal sealed record EngineArrival(int Socket, (int Pid, uint Uid, uint Gid) Peer, uint[] Groups, RingsUser User);
