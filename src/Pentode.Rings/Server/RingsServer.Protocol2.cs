using Pentode.Rings.Server.V2;
using Pentode.Rings.Wire;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server;

/// <summary>Connections that ask for protocol 2 go to an engine of their own, which is made when the first one comes.</summary>
public sealed unsafe partial class RingsServer
{
    private volatile RingsEngine? _engine;
    private bool _isEngineRefused;

    private static bool AsksForProtocol2(in RingsHandshakeRequest request) =>
        request is { Header.Major: RingsWire2.Major, AbiMajor: RingsWire2.Major, Reserved: 0 };

    // True when the connection is no longer ours. Bytes or descriptors behind the handshake break the protocol: it is refused.
    private bool HandOver(RingsSession session)
    {
        if (!_options.HasProtocol2 || _isEngineRefused || !session.Input.IsEmpty || session.PendingFd >= 0)
            return false;
        _engine ??= RingsEngine.Start(_options, _roots, _holdings);
        if (_engine is not { } engine)
        {
            _isEngineRefused = true;
            return false;
        }

        session.IsHandedOver = true;
        session.IsEnding = true;
        Activate(session);
        engine.Adopt(new EngineArrival(session.Socket, session.Peer, session.Identity.Groups, session.User));
        return true;
    }
}
