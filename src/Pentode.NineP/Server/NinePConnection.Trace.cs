using System.Diagnostics;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <content>What a connection tells about itself: who attached, and one line for each request when tracing was asked for.</content>
internal sealed partial class NinePConnection
{
    // Said once for a connection: a client may attach for each of its users.
    private void OnAttached(string export, Credentials who)
    {
        if (_user.Length == 0 && _options.Log.IsEnabled(LogLevel.Info))
            _options.Log.Write(LogLevel.Info, $"9p {_peer}: attached '{export}' as {who}");
        _export = export;
        _user = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"uid {who.Uid}");
    }

    // Called when the request ends, while its body is still there.
    private void Trace(Request request, Errno error)
    {
        var microseconds = Stopwatch.GetElapsedTime(request.TraceStart).TotalMicroseconds;
        var outcome = error == Errno.None ? "ok" : error == BadFrame ? "malformed" : error.ToString();
        _options.Log.Write(LogLevel.Info, string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"9p {_peer}: {P9Text.Describe(request.Type, request.Tag, request.Body.Span)} -> {outcome} in {microseconds:0} us"));
    }
}
