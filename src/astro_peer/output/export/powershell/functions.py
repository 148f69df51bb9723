"""The functions of the script that read, compare and remove. A script has those that it needs."""

ASK = """\
# One request. What Azure refuses ends the script, but for a code that says that nothing is there; what a code says is
# passing is tried again for a minute.
$version = 'api-version=2022-04-01'
function Invoke-Azure([string] $Method, [string] $Path, [string] $Body, [string[]] $Absent, [string[]] $Passing) {
  $request = @{ Method = $Method }
  if ($Path.StartsWith('https:')) { $request['Uri'] = $Path } else { $request['Path'] = $Path }
  if ($Body) { $request['Payload'] = $Body }
  foreach ($pause in 2, 4, 8, 16, 30, 0) {
    $answer = Invoke-AzRestMethod @request
    if ($answer.StatusCode -ge 200 -and $answer.StatusCode -lt 300) {
      if ($answer.Content) { $answer.Content | ConvertFrom-Json }
      return
    }
    $code = ''
    try { $code = ($answer.Content | ConvertFrom-Json).error.code } catch { $code = '' }
    if ($code -and $Absent -contains $code) { return }
    if ($pause -eq 0 -or -not $code -or $Passing -notcontains $code) {
      throw ('Azure answered {0} to {1} {2}: {3}' -f $answer.StatusCode, $Method, $Path, (Get-Plain $answer.Content))
    }
    Start-Sleep -Seconds $pause
  }
}
# All of a list, from the host that was asked first, wherever it says that it goes on.
function Get-All([string] $Path) {
  while ($Path) {
    $page = Invoke-Azure 'GET' $Path
    if ($null -eq $page -or -not $page.PSObject.Properties['value']) {
      throw ('Azure answered no list to GET {0}' -f $Path)
    }
    foreach ($one in @($page.value)) { if ($null -ne $one) { $one } }
    $next = Get-Value $page 'nextLink'
    $Path = if ($next) { ([uri] $next).PathAndQuery } else { '' }
  }
}
# What others wrote is shown by visible characters alone.
function Get-Plain($Text) {
  [regex]::Replace([string] $Text, '[^ -~]', { param($found) '\\u{0:x4}' -f [int] [char] $found.Value })
}
function Get-Value($Object, [string] $Name) {
  if ($null -ne $Object -and $Object.PSObject.Properties[$Name]) { $Object.PSObject.Properties[$Name].Value }
}
# Azure compares IDs and names without case. PowerShell's own operators pass over characters that nobody sees.
function Test-Same($One, $Other) {
  [string]::Equals([string] $One, [string] $Other, [StringComparison]::OrdinalIgnoreCase)
}
# What is taken from an answer and given to Azure again is a GUID.
function Get-Guid($Text) { ([guid] [string] $Text).ToString() }
"""
COMPARE = """\
# What a role says, as lines that are compared as sets.
function Get-Permissions($Role) {
  $number = 0
  foreach ($entry in @($Role.properties.permissions)) {
    $number += 1
    foreach ($kind in 'actions', 'notActions', 'dataActions', 'notDataActions') {
      foreach ($action in @(Get-Value $entry $kind)) { if ($action) { '{0} {1} {2}' -f $number, $kind, $action } }
    }
  }
}
function Get-Scopes($Role) {
  foreach ($one in @($Role.properties.assignableScopes)) { 'scope ' + ([string] $one).TrimEnd('/') }
}
function Get-Words($Role) {
  'name ' + $Role.properties.roleName
  'description ' + (Get-Value $Role.properties 'description')
}
function Get-State($Role) {
  Get-Permissions $Role
  Get-Scopes $Role
  Get-Words $Role
}
# The lines that are among these and not among those.
function Get-Only($These, $Those) {
  $known = New-Object 'System.Collections.Generic.HashSet[string]' ([StringComparer]::OrdinalIgnoreCase)
  foreach ($one in @($Those)) { [void] $known.Add([string] $one) }
  foreach ($one in @($These)) { if (-not $known.Contains([string] $one)) { $one } }
}
function Test-SameLines($These, $Those) {
  @(Get-Only $These $Those).Count -eq 0 -and @(Get-Only $Those $These).Count -eq 0
}
"""
ROLES = """\
$roles = '/providers/Microsoft.Authorization/roleDefinitions'
function Get-Role([string] $From, [string] $Guid) {
  Invoke-Azure 'GET' ($From + $roles + '/' + $Guid + '?' + $version) -Absent 'RoleDefinitionDoesNotExist'
}
# By its GUID, and by its name: others may have made it under another.
function Find-Role([string] $From, [string] $Guid, [string] $Name) {
  $found = Get-Role $From $Guid
  if ($null -eq $found) {
    $custom = ($From + $roles + '?' + $version + '&$filter=' + [uri]::EscapeDataString("type eq 'CustomRole'"))
    $found = Get-All $custom | Where-Object { Test-Same $_.properties.roleName $Name } | Select-Object -First 1
  }
  $found
}
"""
CONFIRM_ROLE = """\
# The role read again: somebody may have changed it meanwhile. Stop unless it allows what it must, and no more. Azure
# needs moments to show a role that was just written.
function Confirm-Role([switch] $Assigned) {
  foreach ($pause in 2, 4, 8, 16, 0) {
    $now = Get-Role $scope $role
    $permissions = @(if ($null -ne $now) { Get-Permissions $now })
    if (Test-SameLines $permissions $expected) { return }
    $beyond = @(Get-Only $permissions $expected)
    if ($beyond.Count -gt 0 -or -not $written) { break }
    Start-Sleep -Seconds $pause
  }
  $says = 'It says: ' + (Get-Plain ($permissions -join '; '))
  if ($beyond.Count -gt 0 -and $Assigned) {
    throw ('The role allows more than it did when it was reviewed, and Astronomer holds it: ' +
      (Get-Plain ($beyond -join '; ')) +
      '. To take it away again: ' + $revoke)
  }
  throw ('The role is not as it was reviewed, so it is not to be held by Astronomer. ' + $says)
}
"""
ASSIGNMENTS = """\
$assignments = '/providers/Microsoft.Authorization/roleAssignments'
# The role assignments of a principal that give it the role, in the subscription.
function Get-Giving([string] $Principal, [string] $Role) {
  $path = $scope + $assignments + '?' + $version + '&$filter=' + [uri]::EscapeDataString("principalId eq '$Principal'")
  Get-All $path | Where-Object { Test-Gives $_ $Principal $Role }
}
function Test-Gives($Assignment, [string] $Principal, [string] $Role) {
  $says = $Assignment.properties
  (Test-Same $says.principalId $Principal) -and
    (Test-Same (Get-Last $says.roleDefinitionId) $Role) -and
    ($says.scope.TrimEnd('/') + '/').StartsWith($scope + '/', [StringComparison]::OrdinalIgnoreCase)
}
function Get-Last($Id) { @(([string] $Id) -split '/')[-1] }
function Get-Assignment([string] $Id) {
  Invoke-Azure 'GET' ($Id + '?' + $version) -Absent 'RoleAssignmentNotFound', 'ResourceNotFound'
}
"""
HOLDERS = """\
# Who holds the role in the subscription. Whoever runs this holds a role of some kind, so an empty list is no answer.
function Get-Holders([string] $Role) {
  $held = @(Get-All ($scope + $assignments + '?' + $version))
  if ($held.Count -eq 0) {
    throw 'Azure lists no role assignment at all, so nothing is concluded: the role was left alone.'
  }
  $held | Where-Object { Test-Same (Get-Last $_.properties.roleDefinitionId) $Role } |
    ForEach-Object { $_.properties.principalId }
}
"""
REMOVE = """\
# One role assignment, if it is there and still gives the role to the principal.
$taken = New-Object 'System.Collections.Generic.List[object]'
$assignmentId = '(?i)\\A(/subscriptions/[^/?#]+(/[^?#]+)?' +
  '|/providers/Microsoft\\.Management/managementGroups/[^/?#]+)?' +
  '/providers/Microsoft\\.Authorization/roleAssignments/[0-9a-f-]{32,36}\\z'
function Remove-Given([string] $Id, [string] $Principal, [string] $Role) {
  if (-not [regex]::IsMatch($Id, $assignmentId) -or $Id.Contains('..')) {
    throw ('This is not the ID of a role assignment, so nothing was removed: ' + (Get-Plain $Id))
  }
  $now = Get-Assignment $Id
  if ($null -ne $now -and (Test-Gives $now $Principal $Role)) {
    [void] (Invoke-Azure 'DELETE' ($Id + '?' + $version))
  } else {
    Write-Output ('The role assignment is gone already, or gives something else by now: ' + (Get-Plain $Id))
  }
  $taken.Add(@{ Principal = $Principal; Role = $Role })
}
"""
LEFTOVER = """\
# Only if Entra lists the principal among the application's deleted ones. That Microsoft Graph does not show a
# principal would prove nothing.
function Remove-Leftover([string] $Id, [string] $Principal, [string] $Role, [string] $Application) {
  $path = 'https://graph.microsoft.com/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal?$filter=' +
    [uri]::EscapeDataString("appId eq '$Application'")
  $deleted = @(Get-Value (Invoke-Azure 'GET' $path) 'value') |
    Where-Object { $null -ne $_ -and (Test-Same $_.id $Principal) -and (Test-Same $_.appId $Application) }
  if (@($deleted).Count -gt 0) {
    Remove-Given $Id $Principal $Role
  } else {
    Write-Output ('The role assignment stays: Entra does not list its service principal ' + $Principal +
      ' as a deleted one of Astronomer''s: ' + (Get-Plain $Id))
  }
}
"""
CONFIRM_TAKEN = """\
# Nothing that was removed may be listed any more, whatever its ID. Azure's lists lag behind what was written: what is
# listed may be gone already, and what was assigned a moment ago need not be listed yet.
function Confirm-Taken {
  foreach ($pause in 5, 10, 0) {
    $left = @(foreach ($one in $taken) { Get-Giving $one.Principal $one.Role | ForEach-Object { $_.id } })
    if ($left.Count -eq 0) { return }
    Start-Sleep -Seconds $pause
  }
  throw ('Azure still lists what gives Astronomer the role: ' + (Get-Plain ($left -join ', ')) +
    '. Its lists lag behind: run this script again in a few minutes, and do not take it as revoked until then.')
}
"""
PRINCIPALS = """\
# The service principal of an application, as Microsoft Graph shows it; $null where there is none.
function Find-Principal([string] $Application) {
  $path = 'https://graph.microsoft.com/v1.0/servicePrincipals?$filter=' +
    [uri]::EscapeDataString("appId eq '$Application'")
  @(Get-Value (Invoke-Azure 'GET' $path) 'value') | Where-Object { $null -ne $_ } | Select-Object -First 1
}
"""
