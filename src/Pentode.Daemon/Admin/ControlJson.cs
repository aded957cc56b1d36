using System.Text.Json.Serialization;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Daemon.Admin;

/// <summary>JSON of the control socket and of <c>check</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlError))]
[JsonSerializable(typeof(ConfigurationReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(NamesAnswer))]
public sealed partial class ControlJson : JsonSerializerContext;
